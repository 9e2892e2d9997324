# Toolchain of `make test-aarch64`: Debian's cross compiler, tests run by QEMU.
set (CMAKE_SYSTEM_NAME Linux)
set (CMAKE_SYSTEM_PROCESSOR aarch64)
set (CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set (CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
# headers are the same for both; libraries are Debian's for arm64
set (CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set (CMAKE_SYSTEM_LIBRARY_PATH /usr/lib/aarch64-linux-gnu)
set (CMAKE_IGNORE_PATH /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu)
set (CMAKE_CROSSCOMPILING_EMULATOR
     qemu-aarch64 -E LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib:/usr/lib/aarch64-linux-gnu)
