# Warnings are errors everywhere; sanitizers in Debug, hardening and link-time optimisation in Release.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
                    -Wundef -Wpointer-arith -Wwrite-strings -Wno-unused-parameter)
add_compile_definitions(_GNU_SOURCE DRAWBRIDGE_VERSION="${PROJECT_VERSION}")

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(DRAWBRIDGE_SANITIZE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options(-O1 -g ${DRAWBRIDGE_SANITIZE})
  add_compile_definitions(DRAWBRIDGE_SANITIZED)
  add_link_options(${DRAWBRIDGE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Thread")
  add_compile_options(-O1 -g -fsanitize=thread)
  add_compile_definitions(DRAWBRIDGE_SANITIZED)
  add_link_options(-fsanitize=thread)
else()
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_compile_options(-g -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  add_compile_definitions(_FORTIFY_SOURCE=3)
  add_link_options(-pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()

if(DRAWBRIDGE_FUZZ)
  # clang also misses members in rows of tables that leave the last ones to be zero; gcc, which builds all else, does not.
  add_compile_options(-fsanitize=fuzzer-no-link -Wno-missing-field-initializers)
endif()
