/*
 * base64url_simd.c: base64url, sixteen characters at a time
 *
 * For x86-64 processors with SSSE3, which is all of them since 2011.  Each
 * function handles whole blocks from the beginning on, and returns how much that
 * was; base64url.c does the rest, and all of it on other processors, for reasons
 * in docs/internals.md.  Compiled with BASE64URL_PLAIN, there is nothing here.
 *
 * A block is twelve bytes, or sixteen values of six bits, one for each byte of a
 * vector.  How to get from one to the other is described in Wojciech Mula and
 * Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions",
 * ACM Transactions on the Web 12 (3), 2018.
 */
#include "base64url_simd.h"

#ifdef BASE64URL_SIMD

#include <string.h>
#include <tmmintrin.h>

#define TARGET	__attribute__((target("ssse3")))

/* A mask: 0xFF for each byte above a limit, as signed numbers; 0 for the others */
static inline __m128i TARGET
is_above(__m128i bytes, char limit)
{
	return _mm_cmpgt_epi8(bytes, _mm_set1_epi8(limit));
}

/* The summand in each byte of a mask, 0 elsewhere */
static inline __m128i TARGET
where(__m128i mask, char summand)
{
	return _mm_and_si128(mask, _mm_set1_epi8(summand));
}

static inline __m128i TARGET
add(__m128i a, __m128i b)
{
	return _mm_add_epi8(a, b);
}

/* The first twelve bytes of a vector as sixteen values */
static inline __m128i TARGET
split_into_values(__m128i bytes)
{
	/* To each 32 bits a group of three: b c a b holds aaaaaabb bbbbcccc ccdddddd */
	const __m128i groups = _mm_shuffle_epi8(bytes,
											_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4,
														  7, 6, 8, 7, 10, 9, 11, 10));

	/* Multiplication shifts each 16 bits by their own number */
	const __m128i first_and_third = _mm_mulhi_epu16(_mm_and_si128(groups, _mm_set1_epi32(0x0FC0FC00)),
													_mm_set1_epi32(0x04000040));
	const __m128i second_and_fourth = _mm_mullo_epi16(_mm_and_si128(groups, _mm_set1_epi32(0x003F03F0)),
													  _mm_set1_epi32(0x01000010));

	return _mm_or_si128(first_and_third, second_and_fourth);
}

/* Sixteen values as twelve bytes, followed by four that are zero */
static inline __m128i TARGET
join_values(__m128i values)
{
	const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
	const __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));

	return _mm_shuffle_epi8(groups,
							_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12,
										  -1, -1, -1, -1));
}

/* Encode whole blocks; returns how many bytes were consumed */
static size_t TARGET
encode(const uint8_t *bytes, size_t length, char *text)
{
	size_t		done = 0;

	for (; length - done >= sizeof(__m128i); done += 12, text += 16)
	{
		__m128i		values = split_into_values(_mm_loadu_si128((const __m128i *) (bytes + done)));
		__m128i		characters = add(values, _mm_set1_epi8('A'));

		/* Where the next range of the alphabet starts, its distance changes */
		characters = add(characters, where(is_above(values, 25), ('a' - 26) - 'A'));
		characters = add(characters, where(is_above(values, 51), ('0' - 52) - ('a' - 26)));
		characters = add(characters, where(is_above(values, 61), ('-' - 62) - ('0' - 52)));
		characters = add(characters, where(is_above(values, 62), ('_' - 63) - ('-' - 62)));
		_mm_storeu_si128((__m128i *) text, characters);
	}
	return done;
}

/*
 * What is in the alphabet, by the halves of a byte: 'A' is 0x41, in row 4 and
 * column 1.  A row has a bit, and a column the bits of the rows in which its
 * character is not in the alphabet; so a character is in it if the two have no
 * bit in common.
 *
 *		 row    0 1 2 3 4 5 6 7 8 9 A B C D E F    bit
 *		0x2_    . . . . . . . . . . . . . - . .      1
 *		0x3_    0 1 2 3 4 5 6 7 8 9 . . . . . .      2
 *		0x4_    . A B C D E F G H I J K L M N O      4
 *		0x5_    P Q R S T U V W X Y Z . . . . _      8
 *		0x6_    . a b c d e f g h i j k l m n o      4
 *		0x7_    p q r s t u v w x y z . . . . .     16
 *		others  . . . . . . . . . . . . . . . .     32
 */
#define ROW_BITS \
	32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32
#define COLUMN_BITS \
	1 | 4 | 32, 1 | 32, 1 | 32, 1 | 32, 1 | 32, 1 | 32, 1 | 32, 1 | 32, \
	1 | 32, 1 | 32, 1 | 2 | 32, 1 | 2 | 8 | 16 | 32, 1 | 2 | 8 | 16 | 32, \
	2 | 8 | 16 | 32, 1 | 2 | 8 | 16 | 32, 1 | 2 | 16 | 32

/* What to add to the characters of a row to get their values */
#define ROW_DISTANCES \
	0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', \
	0, 0, 0, 0, 0, 0, 0, 0
#define UNDERSCORE_FROM_ITS_ROW		((63 - '_') - -'A')

/*
 * Decode whole blocks, stopping before one with a character that is not in the
 * alphabet; returns how many characters were consumed
 */
static size_t TARGET
decode(const char *text, size_t length, uint8_t *bytes)
{
	const __m128i low_half = _mm_set1_epi8(0x0F);
	size_t		done = 0;

	for (; length - done >= sizeof(__m128i); done += 16, bytes += 12)
	{
		__m128i		characters = _mm_loadu_si128((const __m128i *) (text + done));
		__m128i		rows = _mm_and_si128(_mm_srli_epi16(characters, 4), low_half);
		__m128i		columns = _mm_and_si128(characters, low_half);
		__m128i		ruled_out = _mm_and_si128(_mm_shuffle_epi8(_mm_setr_epi8(ROW_BITS), rows),
											  _mm_shuffle_epi8(_mm_setr_epi8(COLUMN_BITS), columns));
		__m128i		underscores = _mm_cmpeq_epi8(characters, _mm_set1_epi8('_'));
		__m128i		values;

		if (_mm_movemask_epi8(_mm_cmpeq_epi8(ruled_out, _mm_setzero_si128())) != 0xFFFF)
			break;
		values = add(characters, _mm_shuffle_epi8(_mm_setr_epi8(ROW_DISTANCES), rows));
		values = add(values, where(underscores, UNDERSCORE_FROM_ITS_ROW));
		values = join_values(values);
		memcpy(bytes, &values, 12);
	}
	return done;
}

size_t
base64url_simd_encode(const uint8_t *bytes, size_t length, char *text)
{
	return __builtin_cpu_supports("ssse3") ? encode(bytes, length, text) : 0;
}

size_t
base64url_simd_decode(const char *text, size_t length, uint8_t *bytes)
{
	return __builtin_cpu_supports("ssse3") ? decode(text, length, bytes) : 0;
}

#endif							/* BASE64URL_SIMD */
