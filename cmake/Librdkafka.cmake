# librdkafka, built from the source that setup/librdkafka names, with our patch, for this preset: its sanitizers guard the library, too.
#
#   target antiphon_rdkafka      the static library and its headers, as <librdkafka/rdkafka.h>
#
# `./dev setup build` fetches the source and compares its checksum; docs/decisions/0041 says why it is not the distribution's.
include(ExternalProject)
include(ProcessorCount)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(RDKAFKA_NEEDS REQUIRED IMPORTED_TARGET zlib libzstd liblz4 libsasl2)

set(pinned ${CMAKE_SOURCE_DIR}/setup/librdkafka)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pinned} ${pinned}.patch)
file(READ ${pinned} names)
file(READ ${pinned}.patch patch)
string(REGEX MATCH "version ([0-9.]+)" version "${names}")
set(RDKAFKA_VERSION ${CMAKE_MATCH_1})
string(SHA256 hash "${names}${patch}")
string(SUBSTRING ${hash} 0 8 hash)
set(RDKAFKA_SOURCE ${CMAKE_SOURCE_DIR}/build/librdkafka-${RDKAFKA_VERSION}-${hash})
if(NOT EXISTS ${RDKAFKA_SOURCE}/src/rdkafka.h)
  message(FATAL_ERROR "librdkafka ${RDKAFKA_VERSION} is not in ${RDKAFKA_SOURCE}: `./dev setup build` fetches it")
endif()

set(RDKAFKA_FLAGS "-g1")
set(RDKAFKA_OPTIONS --enable-zlib --enable-zstd --enable-ssl --enable-curl --enable-gssapi --enable-lz4-ext)
if(ANTIPHON_SANITIZE MATCHES "address")
  string(APPEND RDKAFKA_FLAGS " -fsanitize=address -fno-omit-frame-pointer")
elseif(ANTIPHON_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not know the C library's C11 threads.
  string(APPEND RDKAFKA_FLAGS " -fsanitize=thread -fno-omit-frame-pointer")
  list(APPEND RDKAFKA_OPTIONS --disable-c11threads)
endif()

ProcessorCount(RDKAFKA_JOBS)
set(RDKAFKA_BUILD ${CMAKE_BINARY_DIR}/librdkafka)
set(RDKAFKA_ENVIRONMENT ${CMAKE_COMMAND} -E env "CC=${CMAKE_C_COMPILER}" "CXX=${CMAKE_CXX_COMPILER}")
if(CCACHE)
  set(RDKAFKA_ENVIRONMENT ${CMAKE_COMMAND} -E env "CC=${CCACHE} ${CMAKE_C_COMPILER}" "CXX=${CMAKE_CXX_COMPILER}"
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1)
endif()
ExternalProject_Add(librdkafka
  PREFIX ${RDKAFKA_BUILD}
  DOWNLOAD_COMMAND ${CMAKE_COMMAND} -E copy_directory ${RDKAFKA_SOURCE} <SOURCE_DIR>
  SOURCE_DIR ${RDKAFKA_BUILD}/source
  BUILD_IN_SOURCE ON
  CONFIGURE_COMMAND ${RDKAFKA_ENVIRONMENT} ./configure --disable-debug-symbols "--CFLAGS=${RDKAFKA_FLAGS}" ${RDKAFKA_OPTIONS}
  BUILD_COMMAND ${RDKAFKA_ENVIRONMENT} make -j${RDKAFKA_JOBS} -C src librdkafka.a
  INSTALL_COMMAND ""
  BUILD_BYPRODUCTS ${RDKAFKA_BUILD}/source/src/librdkafka.a
  LOG_CONFIGURE ON LOG_BUILD ON LOG_OUTPUT_ON_FAILURE ON)

file(COPY ${RDKAFKA_SOURCE}/src/rdkafka.h ${RDKAFKA_SOURCE}/src/rdkafka_mock.h DESTINATION ${RDKAFKA_BUILD}/include/librdkafka)
add_library(antiphon_rdkafka STATIC IMPORTED GLOBAL)
set_target_properties(antiphon_rdkafka PROPERTIES IMPORTED_LOCATION ${RDKAFKA_BUILD}/source/src/librdkafka.a
                                                  INTERFACE_INCLUDE_DIRECTORIES ${RDKAFKA_BUILD}/include)
target_link_libraries(antiphon_rdkafka INTERFACE PkgConfig::RDKAFKA_NEEDS CURL::libcurl OpenSSL::SSL OpenSSL::Crypto Threads::Threads m dl)
add_dependencies(antiphon_rdkafka librdkafka)
