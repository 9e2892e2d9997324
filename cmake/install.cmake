# What `make install` copies: headers, libraries, pkg-config file, CMake package, the command.
include (CMakePackageConfigHelpers)

set (FAISS_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/faiss)

# Public headers: those that do not say "Not for public headers".
file (GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} faiss/*.h)
foreach (header ${headers})
    file (STRINGS ${header} internal REGEX "Not for public headers")
    if (NOT internal AND NOT header MATCHES "_tmpl\\.h$|/python/")
        get_filename_component (folder ${header} DIRECTORY)
        install (FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
    endif ()
endforeach ()
install (FILES faiss/fields.def DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/faiss)
install (DIRECTORY c_api/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/faiss/c_api
         FILES_MATCHING PATTERN "*.h")

install (TARGETS faiss faiss_static EXPORT faissTargets
         LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
         ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install (FILES ${PROJECT_BINARY_DIR}/${FAISS_C_NAME} DESTINATION ${CMAKE_INSTALL_LIBDIR})

# find_package (faiss) gives faiss::faiss and faiss::faiss_static.
install (EXPORT faissTargets NAMESPACE faiss:: DESTINATION ${FAISS_PACKAGE_DIR})
configure_package_config_file (${CMAKE_CURRENT_LIST_DIR}/faissConfig.cmake.in
    ${PROJECT_BINARY_DIR}/faissConfig.cmake INSTALL_DESTINATION ${FAISS_PACKAGE_DIR}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file (${PROJECT_BINARY_DIR}/faissConfigVersion.cmake
    COMPATIBILITY SameMajorVersion)
install (FILES ${PROJECT_BINARY_DIR}/faissConfig.cmake ${PROJECT_BINARY_DIR}/faissConfigVersion.cmake
         DESTINATION ${FAISS_PACKAGE_DIR})

# faiss.pc finds its prefix from its own place, so that an installed tree can be moved.
file (RELATIVE_PATH FAISS_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string (REGEX REPLACE "/$" "" FAISS_PC_PREFIX "${FAISS_PC_PREFIX}")
set (FAISS_PC_LIBRARIES ${FAISS_LIBRARIES})
list (TRANSFORM FAISS_PC_LIBRARIES REPLACE "^([^-/].*)$" "-l\\1")
list (JOIN FAISS_PC_LIBRARIES " " FAISS_PC_LIBRARIES)
configure_file (${CMAKE_CURRENT_LIST_DIR}/faiss.pc.in ${PROJECT_BINARY_DIR}/faiss.pc @ONLY)
install (FILES ${PROJECT_BINARY_DIR}/faiss.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The command and its manual page.
if (TARGET faiss_command)
    install (TARGETS faiss_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install (FILES ${PROJECT_SOURCE_DIR}/cli/faiss.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif ()
