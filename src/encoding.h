/*
 * encoding.h: text in UTF-8, in the server encoding and in the client's
 */
#ifndef ENCODING_H
#define ENCODING_H

extern bool utf8_is_valid(const char *text, int length);
extern char *utf8_from_server(char *text, int *length);
extern char *utf8_to_server(char *text, int *length);
extern bool client_can_read(char *text, int length);
extern bool client_can_read_all(void);

#endif							/* ENCODING_H */
