/*
 * utf8.h: text in UTF-8, in the server encoding and in the client's
 */
#ifndef UTF8_H
#define UTF8_H

extern bool utf8_is_valid(const char *text, int length);
extern char *utf8_from_server(char *text, int *length);
extern char *utf8_to_server(char *text, int *length);
extern char *text_for_client(const char *text);
extern bool translations_may_not_reach_client(void);

#endif							/* UTF8_H */
