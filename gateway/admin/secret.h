/* Secrets that a door gives out: links, cookies, tokens. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_SECRET_H
#define DRAWBRIDGE_GATEWAY_ADMIN_SECRET_H

enum { SECRET_SIZE = 49 };

/* 24 random bytes as 48 hexadecimal digits. */
void secret_make(char out[SECRET_SIZE]);

#endif
