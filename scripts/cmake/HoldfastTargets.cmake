# SPDX-License-Identifier: Apache-2.0
# The few shapes of target this tree has. No globs, no global flags: a target says what it is made of.

add_library(holdfast_flags INTERFACE)
target_compile_options(holdfast_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
target_compile_definitions(holdfast_flags INTERFACE
  HOLDFAST_VERSION="${PROJECT_VERSION}" $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
if(HOLDFAST_SANITIZE)
  list(JOIN HOLDFAST_SANITIZE "," _sanitizers)
  target_compile_options(holdfast_flags INTERFACE
    -fsanitize=${_sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(holdfast_flags INTERFACE -fsanitize=${_sanitizers})
  # g++ 12 warns of every fence in a library's header: it sees a race less there, and none too many.
  if("thread" IN_LIST HOLDFAST_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(holdfast_flags INTERFACE -Wno-tsan)
  endif()
endif()

# For code that is compiled once and run once, linked to last: optimizing it costs more than it saves, and three quarters of
# the time of a sanitized build would go into instrumenting the tests themselves. What they touch of ours is still seen by the
# address sanitizer, and our libraries keep all of them.
add_library(holdfast_test_flags INTERFACE)
target_compile_options(holdfast_test_flags INTERFACE $<IF:$<CONFIG:Debug>,-O0,-O1>)
target_compile_definitions(holdfast_test_flags INTERFACE $<$<BOOL:${HOLDFAST_SANITIZE}>:HOLDFAST_SANITIZED>)
if("undefined" IN_LIST HOLDFAST_SANITIZE)
  target_compile_options(holdfast_test_flags INTERFACE -fno-sanitize=undefined)
endif()
if(HOLDFAST_FUZZ)
  target_compile_options(holdfast_test_flags INTERFACE -fno-sanitize=fuzzer-no-link)
endif()

# holdfast_library(name SOURCES … USES … HIDDEN …): one static library; its public headers lie in
# `<room>/holdfast/…`, the room being the top-level folder it stands in. USES are part of its
# interface, HIDDEN are not.
function(holdfast_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;HIDDEN" ${ARGN})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE place)
  string(REGEX REPLACE "/.*" "" room "${place}")
  set(headers "${PROJECT_SOURCE_DIR}/${room}")
  if(arg_SOURCES)
    add_library(holdfast_${name} STATIC ${arg_SOURCES})
    target_include_directories(holdfast_${name} PUBLIC "${headers}")
    target_link_libraries(holdfast_${name} PUBLIC ${arg_USES} PRIVATE holdfast_flags ${arg_HIDDEN})
  else()
    add_library(holdfast_${name} INTERFACE)
    target_include_directories(holdfast_${name} INTERFACE "${headers}")
    target_link_libraries(holdfast_${name} INTERFACE ${arg_USES})
  endif()
  add_library(holdfast::${name} ALIAS holdfast_${name})
endfunction()

# holdfast_test(name SOURCES … USES … LABELS … DEFINES …): one gtest program; every test in it is a ctest.
# The prefix keeps equal test names of two programs apart (else labels overwrite each other).
function(holdfast_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LABELS;DEFINES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE holdfast_flags ${arg_USES} GTest::gtest_main GTest::gmock holdfast_test_flags)
  target_compile_definitions(${name} PRIVATE
    HOLDFAST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" HOLDFAST_SHARED_DATA="${HOLDFAST_SHARED_DATA}" ${arg_DEFINES})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()

# holdfast_bats(name FILE … LABELS … TIMEOUT … SERIAL): one bats file as one ctest; what it needs comes by environment.
function(holdfast_bats name)
  cmake_parse_arguments(arg "SERIAL" "FILE;TIMEOUT" "LABELS;ENVIRONMENT" ${ARGN})
  if(NOT HOLDFAST_BATS)
    return()
  endif()
  add_test(NAME ${name} COMMAND "${HOLDFAST_BATS}" "${CMAKE_CURRENT_SOURCE_DIR}/${arg_FILE}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "HOLDFAST_SOURCE_DIR=${PROJECT_SOURCE_DIR};HOLDFAST_BUILD_DIR=${PROJECT_BINARY_DIR};${arg_ENVIRONMENT}")
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()

include(GoogleTest OPTIONAL)
