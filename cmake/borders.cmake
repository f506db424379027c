# Who may include whom (DESIGN §1) is enforced here: headers are included by their path from the project root
# ("mapping/model.h"), and each library sees a folder of links that holds only the rooms it may enter.
function(drawbridge_border library)
  set(border ${CMAKE_BINARY_DIR}/border/${library})
  foreach(entry ${ARGN})
    get_filename_component(room ${entry} DIRECTORY)
    file(MAKE_DIRECTORY ${border}/${room})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${entry} ${border}/${entry} SYMBOLIC)
  endforeach()
  target_include_directories(${library} PRIVATE ${border})
endfunction()
