# SPDX-License-Identifier: Apache-2.0
# What a builder may switch. Presets (CMakePresets.json) are the usual way to set them.
include(GNUInstallDirs)

option(HOLDFAST_TESTS "Build the tests" ON)
option(HOLDFAST_LONG_TESTS "Live tests that take ten minutes and more" OFF)
option(HOLDFAST_STATIC "Link everything but libc into `holdfast`, so that one file runs on other distributions" OFF)
option(HOLDFAST_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address;undefined")
set(HOLDFAST_SHARED_DATA "${PROJECT_SOURCE_DIR}/../shared/data" CACHE PATH
    "Recorded machines from public sources; tests that want them say so when they are absent")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the plugin takes in the same static libraries

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(HOLDFAST_CCACHE ccache)
if(HOLDFAST_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${HOLDFAST_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${HOLDFAST_CCACHE}")
endif()
