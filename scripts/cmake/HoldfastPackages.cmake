# SPDX-License-Identifier: Apache-2.0
# Two Debian packages: `holdfast` (one program for every Slurm release) and `slurm-holdfast-plugin` (built for one). The
# plugin's version and dependencies name its release, because Slurm refuses a plugin of another one. Installing enables
# nothing. `cmake --build build/release --target packages` makes both in build/release/packages.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME holdfast)
set(CPACK_PACKAGE_VENDOR "The holdfast authors")
set(CPACK_PACKAGE_CONTACT "The holdfast authors <holdfast@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME holdfast)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS libisal2) # opened where it is there: checkpoints are verified faster
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
  "places the ranks of GPU jobs on cores, GPUs and NICs
 The program of the suite: shows the node, plans where ranks go and says why,
 and starts a rank in its place where the Slurm plugin is not installed.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/scripts/packaging/conffiles")

set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME slurm-holdfast-plugin)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SECTION admin)
set(CPACK_COMPONENT_PLUGIN_DESCRIPTION
  "Slurm plugin that binds the ranks of GPU jobs
 A SPANK plugin: asks holdfast once per node and step where the ranks go and
 carries the answer out. It is not enabled by installing it; see
 /usr/share/doc/slurm-holdfast-plugin/plugstack.conf.example.")

install(FILES "${PROJECT_SOURCE_DIR}/scripts/packaging/holdfast.toml"
  DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/holdfast" COMPONENT program)
foreach(script prolog epilog health-check-program)
  install(PROGRAMS "${PROJECT_SOURCE_DIR}/scripts/${script}" DESTINATION share/holdfast COMPONENT program)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/INSTALL.md" "${PROJECT_SOURCE_DIR}/NEWS.md"
  DESTINATION share/doc/holdfast COMPONENT program)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/scripts/examples" DESTINATION share/doc/holdfast
  COMPONENT program USE_SOURCE_PERMISSIONS)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/doc/holdfast RENAME copyright COMPONENT program)

set(packages "${PROJECT_BINARY_DIR}/packages")
set(make_packages COMMAND "${CMAKE_CPACK_COMMAND}" -D CPACK_COMPONENTS_ALL=program -B "${packages}")
set(packed holdfast)

if(TARGET spank_holdfast)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/doc/slurm-holdfast-plugin RENAME copyright COMPONENT plugin)
  install(FILES "${PROJECT_SOURCE_DIR}/scripts/packaging/plugstack.conf.example"
    DESTINATION share/doc/slurm-holdfast-plugin COMPONENT plugin)

  # 0x160508 is 22.05.8; the next release begins after the last number of this one.
  file(STRINGS "${SLURM_INCLUDE_DIR}/slurm/slurm_version.h" slurm_number REGEX "define SLURM_VERSION_NUMBER 0x")
  string(REGEX REPLACE ".*0x([0-9a-fA-F]+).*" "0x\\1" slurm_number "${slurm_number}")
  math(EXPR slurm_year "${slurm_number} >> 16")
  math(EXPR slurm_month "(${slurm_number} >> 8) & 255")
  math(EXPR slurm_next "${slurm_month} + 1")
  foreach(number slurm_month slurm_next)
    if(${number} LESS 10)
      set(${number} "0${${number}}")
    endif()
  endforeach()
  set(slurm_release "${slurm_year}.${slurm_month}")
  set(CPACK_DEBIAN_PLUGIN_PACKAGE_DEPENDS "holdfast (>= ${PROJECT_VERSION}), \
slurm-wlm-basic-plugins (>= ${slurm_release}), slurm-wlm-basic-plugins (<< ${slurm_year}.${slurm_next}~)")
  list(APPEND make_packages
    COMMAND "${CMAKE_CPACK_COMMAND}" -D CPACK_COMPONENTS_ALL=plugin -B "${packages}"
            -D "CPACK_DEBIAN_PACKAGE_VERSION=${PROJECT_VERSION}+slurm${slurm_release}")
  list(APPEND packed spank_holdfast)
endif()

if(TARGET holdfast_manual)
  list(APPEND packed holdfast_manual)
endif()

include(CPack)
add_custom_target(packages ${make_packages}
  WORKING_DIRECTORY "${PROJECT_BINARY_DIR}" COMMENT "Debian packages" VERBATIM)
add_dependencies(packages ${packed})
