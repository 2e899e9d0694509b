/*
 * utf8.h: text in UTF-8 and in the server encoding
 */
#ifndef UTF8_H
#define UTF8_H

extern bool utf8_is_valid(const char *text, int length);
extern char *utf8_from_server(char *text, int *length);
extern char *utf8_to_server(char *text, int *length);

#endif							/* UTF8_H */
