/* Values of a JSON body, checked; the first bad field is remembered. */
#ifndef PLAZA_FIELDS_H
#define PLAZA_FIELDS_H

#include "plaza/request.h"

struct fields {
    const json_t *object;
    const char *bad;  /* the first field that is wrong; NULL while all are right */
    const char *code; /* what is wrong with it */
};

/* Clean text of at most `maximum` bytes; "" and NULL-able ones are told apart by the name. Borrowed from the
 * body. */
const char *field_text(struct fields *fields, const char *name, size_t maximum);
const char *field_text_or_null(struct fields *fields, const char *name, size_t maximum);
const char *field_web_url(struct fields *fields, const char *name);
/* 0 … 2^53-1 */
int64_t field_number(struct fields *fields, const char *name);
/* RFC 3339 to ms; -1 for null or absent. */
int64_t field_time(struct fields *fields, const char *name);
int64_t field_time_or_null(struct fields *fields, const char *name);
bool field_bool(struct fields *fields, const char *name, bool otherwise);
/* NULL when it is no object (and then it is bad). */
const json_t *field_object(struct fields *fields, const char *name);
void field_is_bad(struct fields *fields, const char *name, const char *code);

/* True when all were right; otherwise 422 was answered with the code and the field. */
bool fields_good(const struct fields *fields, struct request *request);

#endif
