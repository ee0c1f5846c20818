# SPDX-License-Identifier: Apache-2.0
# Every library outside this tree. NVML, NCCL, CUDA and libibverbs are not here on purpose: they are
# opened with dlopen at run time, so that everything builds, installs and runs where they are absent.
set(Boost_USE_STATIC_LIBS ON)  # 2 small libraries; linking them in keeps start-up under 5 ms
find_package(Boost 1.81 REQUIRED COMPONENTS json program_options)
find_package(PkgConfig REQUIRED)
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(holdfast_toml INTERFACE)  # header-only: one file uses it, and a shared library would cost every start-up
target_include_directories(holdfast_toml SYSTEM INTERFACE "${TOMLPLUSPLUS_INCLUDE_DIR}")
target_compile_definitions(holdfast_toml INTERFACE TOML_HEADER_ONLY=1)

if(HOLDFAST_STATIC)
  find_library(HOLDFAST_EXPAT_ARCHIVE libexpat.a REQUIRED)
  find_library(HOLDFAST_HWLOC_ARCHIVE libhwloc.a REQUIRED)
  add_library(holdfast_expat INTERFACE)
  target_link_libraries(holdfast_expat INTERFACE "${HOLDFAST_EXPAT_ARCHIVE}")
  add_library(holdfast_hwloc INTERFACE)
  target_link_libraries(holdfast_hwloc INTERFACE "${HOLDFAST_HWLOC_ARCHIVE}" holdfast_udev m)
  # Debian's libhwloc.a wants libudev, which has no archive; see the file.
  add_library(holdfast_udev STATIC "${PROJECT_SOURCE_DIR}/affinity/read/udev_absent.c")
else()
  pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
  add_library(holdfast_expat ALIAS PkgConfig::expat)
  pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc>=2.1)
  add_library(holdfast_hwloc ALIAS PkgConfig::hwloc)
endif()

# Checksums of checkpoints. ISA-L computes CRC-32 at the speed of memory. Debian ships it shared only, so it is opened
# when the first sum is wanted, and the header gives the types of its functions. SHA-256 is the low-level one of libcrypto, linked in: three small objects, where the shared library
# would cost every `holdfast plan` a millisecond of start-up.
find_path(ISAL_INCLUDE_DIR isa-l/crc.h REQUIRED)
find_library(HOLDFAST_CRYPTO_ARCHIVE libcrypto.a REQUIRED)
add_library(holdfast_crypto INTERFACE)
target_link_libraries(holdfast_crypto INTERFACE "${HOLDFAST_CRYPTO_ARCHIVE}")

# The plugin is built per Slurm release against that release's headers; nothing links libslurm.
find_path(SLURM_INCLUDE_DIR slurm/spank.h)
set(SLURM_PLUGIN_DIR "${CMAKE_INSTALL_LIBDIR}/slurm-wlm" CACHE STRING "Where the plugin is installed")

if(HOLDFAST_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark QUIET)
  find_program(HOLDFAST_BATS bats)
endif()
