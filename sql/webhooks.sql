-- Webhooks: verify with the key in hand, validate with a server's, and which keys
-- and signatures are none.  The keys were made with "openssl genrsa", the signatures
-- with "openssl dgst -sha256 -sign"; nobody has kept the private keys.
\pset format unaligned
\pset tuples_only on
SET client_encoding = 'UTF8';

CREATE TABLE public_keys (name text PRIMARY KEY, pem text);
INSERT INTO public_keys VALUES
	('key', '-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArt5t9gq/7xOtgHf1qFju
U5arcl9WxUjyItWg7OLuV5Kr97rzakeF0FpmPKHhyR73NrMw66n6InbPlGXhXLZJ
snOjrpJvse6CpsXPWGVfvNJ8jjg0M6syaxDyUDTOzWvg5/60q/W9XgFcChchGzEE
HEIcRqAAt3aSS6zCRoCoxnutR5JZ1ed42gApmK/8Z7yrZKgtFMj/lUR0puH368cW
ERG/JI89D1KfMEU5DKzYGaeMC39uB6YpZr92F19d/UC0zOEHGrWroOZE2ONJOerf
BzdYmQfHmYOEGLmePs8r3IdsWYLahK3k/nUJRNyjHzNauEJE9qKEyV1NhNYp6aCi
nwIDAQAB
-----END PUBLIC KEY-----
'),
	('the same, PKCS #1', '-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEArt5t9gq/7xOtgHf1qFjuU5arcl9WxUjyItWg7OLuV5Kr97rzakeF
0FpmPKHhyR73NrMw66n6InbPlGXhXLZJsnOjrpJvse6CpsXPWGVfvNJ8jjg0M6sy
axDyUDTOzWvg5/60q/W9XgFcChchGzEEHEIcRqAAt3aSS6zCRoCoxnutR5JZ1ed4
2gApmK/8Z7yrZKgtFMj/lUR0puH368cWERG/JI89D1KfMEU5DKzYGaeMC39uB6Yp
Zr92F19d/UC0zOEHGrWroOZE2ONJOerfBzdYmQfHmYOEGLmePs8r3IdsWYLahK3k
/nUJRNyjHzNauEJE9qKEyV1NhNYp6aCinwIDAQAB
-----END RSA PUBLIC KEY-----
'),
	('other', '-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnr5eRzCuN0o1AVkVkn/E
EJdUHS16r9Pik8FcgAKt0G0J9qj24LDKA2WUDtl2meaDFXnxe4EDR8oyoXRWHtlS
ivXHWYNZYpAasL6CDcJrPKqpOVKATEjNilFqJKSpAGeSqjO/3maI+DKZk7+e9Z1d
rhezmdaDaQ//AV9yakz9vGIr8SDQ+lznjq8tHwo0KEukbbvfyIfxwluf2r6/xw9t
PCr8N2chrFUmYw3pUmnte0RJj7PPBC8zeCaanMlJhlhdxhhdnyyEe3XPubXRBCwr
7zFUdCIuZ1HkR4r/mMWdjW/DLtxF03d+s06UqmAZvZ4GWGLdlGtXsaofiUXBEjmq
zQIDAQAB
-----END PUBLIC KEY-----
'),
	('8192 bits', '-----BEGIN PUBLIC KEY-----
MIIEIjANBgkqhkiG9w0BAQEFAAOCBA8AMIIECgKCBAEAsrjQHIEWNpVZw7f/Y11U
gyuTk2J3+WUATNpaioWsiryLrpW5mJSXDhrXQsuMVRVB3TNfFZIpKgBfsXh1wfzJ
1ixil57YjR/iz+MmfMpNB9ghdiY4xiQ6pTviOWVIyYIixLPKxTlRLsK5jtUh0AN+
hEFrwXiMjNrUoWRu9/3exXcGQwfcM69aACRjMUmaL37x08FUSf1OI3GKmfJCcwDf
YhdD4WsmxTz5a/ZsXaQrsgPe/Nu9Zt1vsit2Yk9W22tKhGUfRuOB+cPyGixS8mop
F0yuWGPy6FYoC4GVJ5Z4+4f5ebv9NQ1P2svtfEeiYou2k7vMZ8LbEsn8qoLe8Uo5
I4cVHVtf4XiU5OhSRBFKiS3odeDXpoBZorI93ebBf2iuWV3nCcbEPxnPeIGQPYPr
EcEp8x2rN9vXJ3sAc4Hy9nyK0CByLCFSzFWBQqwgjxEGRXcfPqbM8Zj5jbMjznOR
gMDvuUqa1UIm8TVb4GsIwdHHbU0GVBlZe8hOTs1v20p7pCoZRT2CWvrTc6I13ZJo
YjMQNNPauTowg7wnrHvScoWoj73IZCuE5h3AAQZWazjLXKvvmQunGXayks8G/9Dy
RGbf823rV8og9XhWymZ+RpK2PYjU5+qPC+P3jzs5BaovEEjIOmNACC8ma6AiuK+7
JlxekUS3BZAExdaLU6PdQLs1i8QS+DfedC+8kCzdsE62rH/m3BxkiznEFUGjqSUz
gpa+PgLPVyKFNesDBRQp1RWznESgxVeZMXZi9D0usggsnWXRvadl/E1rC1Jt+kR8
sBcZDBNHHIObNonY+qvUvh0+0bnelmh/woTtQwTSalHjVJanP6KPdqErL9L+6BHE
P8amMCQ3Xrppk+yegAYlv8VeeKiEbEz4r+kaV0u6WdHnBZ0m3A76Yz+/b9aYCNA8
yzrgAAx3H7qrM9tYB3HGCOYFOP/k9DQrvs3+mlhuWfPUiZwV9gQbc63edzHkfGLM
6FfgcVURYbWbVqVrPuum/RSjP3nXU8JwESmeCk1Cvh9eLWhecUC6oC3zC9mhJ5dR
be3a9sdBFOUlgSeLh5RbYApA+zF4GvOrk4PRY0ThUIyAhBVGSoJamyL84nOm0roY
utPyoI7uvRYOLUhuimrYAoh60n78GiB+lN4bz/DN+DGYHDWqAYQnMY3SYbz2KsRn
AucasftJLeT9G/ysXsjA2lLh5eIEyo+a9AEfAw7jvWuKDcUfQX5T9/ozcRJhidKf
VMMQYO5vVIsWVoP1vg0jN1ONCaPFMQjU5gEnLobcp3HNf55mUF+a/cLdh2eNnf79
Z3VjbfM/p9etFHGR90FJSaxIDIglfl60DccuLyc87zQH9kjUXauBX5L7AbAx1CwS
ZwIDAQAB
-----END PUBLIC KEY-----
'),
	('elliptic curve', '-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAET3Lw8QdV36EXnbrEnX9zUgeYpJpx
Q+f//cgF7etdEIM/0T3X9NjsovE4u/8LFPAdYDL9+Cfpv4ZCz8Zt2x8Kag==
-----END PUBLIC KEY-----
'),
	('RSA-PSS', '-----BEGIN PUBLIC KEY-----
MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAL82G9HCDWRMImtbl7mm4Hqe
9ocHoZHNYvuOa6Qd7NLqmCy3FkNOEWwgKT+eRdSKHnIEFLcvs+8HHUCzBeKW7cyq
rTPWUjZCasw1Ly0BW2At5gQR6InmNImDYPWXdx6FF13Rf3SHkL/GfcBcEAQH0oNq
blNqkTjst7Lyo4VjtSO/8oP/WjcBy9k8UHfDCeJ4yXnKGNJwhgpy8Mwt5h/MrzJX
T2FG8LrVggN5zknD9TP+HhYE4tE7dk+64feG23jUXrKooxvPHz4gWHzRRYMi2Vti
bF9OfCKbrcMi1FujdQKwttGN2f3mYqy0A3MwvB5BerXWuUSPcptDH6sS2j10UGEC
AwEAAQ==
-----END PUBLIC KEY-----
');
CREATE FUNCTION pem(name text) RETURNS text LANGUAGE sql AS 'SELECT pem FROM public_keys WHERE name = $1';

-- What verify makes of a body
CREATE FUNCTION webhook_verified(body text, signature text, public_key text DEFAULT pem('key')) RETURNS text LANGUAGE sql AS $$
	SELECT left(outcome(format('SELECT videosdk_verify_webhook(%L, %L, %L)', body, signature, public_key)), 400)
$$;

-- Bodies, each with the signature of the first key
CREATE TABLE webhooks (what text, body text, signature text);
INSERT INTO webhooks VALUES
	('an event', '{"webhookType": "participant-joined", "data": {"meetingId": "abcd-efgh-ijkl", "participantId": "alice"}}',
		'EvEaD+EMKsVMSvo0qHeUoDbSmn1sxnzZb/m8ZjNYaRJ6kJFh+KeWTonG70o4Roguy6JM7BQ+/IDWAK+udAUXgEqWRglmNAAgbzm7nhD3saMhTjTTOLjrkfBziz2IqAl8Ho6eCMVBUBgfvAF2u2zM9oR/cUvpXQE8wtEctXHTH3iIvWELnzTnKi4aX+6TKIcqgTLutE7WZHbfu7T7RtuTuj5WFneNeHvCRnYTnczRZNCOC/6dBX3jd/TT8Vs8eEDdhusoKS0N4nt3qp4gWUpCaVcNvi13qsxPMQ7VbMT498Pua3O3AO/uscrHsOFnMAI7P6n19CaELHi5JCmLfIsKuA=='),
	('blanks, newlines at both ends', E'\n {"b" :1,\t"a" :\r\n[ ] }\n',
		'CpxvFMP3OmIgpOMmA32YpOWXzRoOLk5XOTUvfvAA0IEy5QH+WH9q6q3aIjkD4L0TdzNsrFt8pgIkHD3KyThSa7CO7sZ6mwtPKBCct5UZNoy5mE17fWWKLMdY2NhMT0kb6+E2c43e7D/79dsZqXwxcCy/0OOnX4f2rPLB0Q75pn/X8DpJQhBaFLrpkAv9si52r8nWVaI67EENwO8IL/xbKnUUve/4XEywRsJ4hABBGSr+3cOlE8+hkc0cjVG2kpsw2woeqRUNQJavhGSHDFaNuXJyPMRsUiZb1OKvH6TK513yqz20hCV20IPCVK6lWRurznJqYDRbUlGWqZLq517+/A=='),
	('escapes', '{"name": "\u00e9\uD83D\ude00\/\""}',
		'SiahzBjW/N+Ne05jKCKGKbEBI2ZwaIZILJPlvv4bbYX7VbLY9hgxmOgDhA6OsKFD/3Nrvp8beIdK2eNieiQspUMUkPxNkRA84Dx1WpZVOUtcPc8dnLuD9sL5u3/rBrKL8A1Ne6U/a3VZtJedSy9Durri5vUffEBGfuRd+Pe560Wqr6hBqhibRYAh6Sf1qHF37nhk335PWQ2un6bA88c7opXmGa6nK4UTpFC+rG58hpyk95rJuCCMbpqWDrd3Viq5Grz7/zwsx45owaamsNc6nSY+z+puQgJNCHd7ttLxWC0sjyKm/ByYbHEvZvMVDF65XjOs/uhVLJKG3CUaY0En4w=='),
	('the same without escapes', '{"name": "é😀/\""}',
		'R8/HU/1/d+6UBVHSyWgyGonk1Rus5Vf0xmulatpbsHYUdpV1i6v6odrvCV4w/XlAwji3B3Hd+vUrsRrZ6jW/taH4MGiQxfWvDwnre6x1PbNa5uN39ugaLifSt4ULkW8yW2ksXKD2kClhMxjJdnOf/DS5I8gCoDGo1CA8FDwnaoMjrGkC0VihvJ9+UoVLOSm1Uo64VjVVJeB1QwsNmbH6iHX+5NMDthMVBEFu5X9JNWpLXN96O5UBv0s150RKdKta1DHCY1bklsNUzZtvm2xdNL5xJIfYcSrJuPqnsflLxWS+XJnILuKY8EHk/pt5Rau/VV2AR01Ojf9efU7sWloO/Q=='),
	('duplicate members', '{"a": 1, "b": 2, "a": {"c": 3, "c": 4}}',
		'U61sqG+00WwMhkMbMC1QsK782BtDrlOE7eO9FiRnmkq/vSoGR++Zswx/c+QjNERNZN5Kz2+ATsTARx7kwSnDbTZiqSJ6Eh3EQ6acjSHlKmrReo56LwvSoYKazBN3Y24yyiKkgab9MQ+6kYQd25e5YOl5/rEfMkLDsRi+qw5FUY0/YaR/EpvU5OK019p7a7oTkuZqoHqdLsGV18iEAU2fRKBuU3NRUyNs1N3zRHzV/MD0EADb9YgbaUJhOjeJQRN/XLCsq5wjxNrVY3oqhOCTjviuTWv+fqgCMIOdtf8isuMrNRVLxmP+Nh80Ho/R5So2RvTDW+kvdtbv4gIpP8NoJg=='),
	('numbers in their own spelling', '{"a": 1.50e2, "b": -0, "c": 10000000000000000000000.0}',
		'TXE053p8NL9xMiBLfzVu+TKzT4Ho4VLjEwLIhN6/Jy94G2jyajnQ5nATISfMnes4OGj+VgyST4WKvAXYqNggBZSMd1C38joICfjwgVeppTqDvgzqxrgarxnJTM+45G2YVLz5h5IPW/pnoasSy8XfbuNMR07z5V2qsOJGcjAtp9fn8+4YbAKLwg8dkZd/aorgLEajKjrCEE5UCULmbxZxhtMw3AIpRwFyDpp4x950tKR7x9hZkqLJmcF+3Cf7XCCXVkS6CNSH1tx5G1AOTWhaSbDrk5Z4vgJkJXmB3KCOoANAW1cjFAzk8C9IoKPGakemwxPbstKuo1K21WVpxGWvYg=='),
	('no member', '{}',
		'Jb90hLEqu5T4OijhURHQU1SPLDEvCLrV5CFL1CgxW7pS6Jmvt8P43kSggxddKbxjS9dyWRQpYYGEUJs3pKbwB93fsnxUzW2ntsp/kMAd6BCA0weG7q0Pjgaos2WYbaaZPkDixo2yUDiARljhCekpLuZmRVin/zRQiEAvM9ERrd8GbBtNmONT+7B2zjpcK5Kh7SnBuviqgOPihKrQmWL7b4mMsXBmpU3QhKpXKFIc02NM4lRVXc4Nonqh0zYi7aKQFGe1ej3Lb5jsFhX3CoDqtYH/N/7nMTaj5eLoj2EYEy4S8f5myyK81PWAHTo+8sH2NWApceF3t7aTMDz1ExXujg=='),
	('64 levels', repeat('{"a":', 63) || '{}' || repeat('}', 63),
		'MWaYK/IV1nhXr7cmQ37NdaS8Y4RwUnRFmkx1tcgHTClMgGuHv+nOm2Sf8uL7YZC7eO9FvXjEDU4YN/gyFpmnF9BrxgnpfNfR7Pqe1gzte78KkcBiDnO6BgBGJzu9KBSrdiynVdUz9zShvKP6x8nxgiYbbsdkhZHLqb0xBLIgtaIBnIQ7UPb2UNb2Iy7ANel/o167PoVBPbtZ33FOAizs9HjPIDBrmDqAhZXRAKlcDlU6LBxGF+GQBBaCC9bbIp6gZs/AoJalUIipS55xmFxTx0qXrJzkLUI/wvflsuK4gmyeAmPpUhsDuON7SYdnWiV5SCZjXBmNNbtsUeoLH4TgOQ=='),
	('65 levels', repeat('{"a":', 64) || '{}' || repeat('}', 64),
		'jegMzXqvWX/pXNnXuU/EqjgiX0F1s4gmaDOOYZyvKHoC9/Wsac1mbnBb8Edy3/vkoj1blpzalYiQrkRYm0t/9seSAC9l7xsRBc2HS2wFIHwewgegYFwAFlS5ynBKAgkUri6xcxg1N5xhyKA3epu4HWxJikVsflIZV3S5u+KD7LlhgdCkN9D26BQtT2wGlj/TCVc65axZcbKi9UtCHBuEO/eTBJF/bGA4fIRij9mXfZRJHCuC2EKtS7Qom0bU1AfApEdRe2RBMQUXLBlb/kwElCwZGlxp8YGdJWne6KHjwdHbPnf8K2lhdA+23+xC1BZkYaiPpIPV7fDK2VLxnRYa2Q=='),
	('a long number', '{"a": ' || repeat('9', 1001) || '}',
		'Nk/NFrL2DhqG3svIOR18a7SL/HdvB+HW39hWECQKkMRlrF8IVHn6Rho8vPbm7Oi/KMtx6Pxq+vuOc9lcmxbYNlwjRlw2BC0AmOvJwI6OV1vB2ZEIw6XZZ3Ko/oIkSrV0QRq22gDDS8xMW3mv6cUesIot8UShqtqxH0ZzJU+y8ZoWhVmPJdpYqqiMvpbJ7z3wa9xx4vDGRCXiNvak7rSIXnb5GimBUjLC5MV71zsC1GWSpkQeZGsbLQ3AoQnq3jj4fZOsfEFvCDjdq6hCj5jHSwdScRMJL3Lp5epRYdqOspw/os5eavkdtXPlGXid/eWl0NZFjFpran46scAmw4aEBA=='),
	('a large exponent', '{"a": 1e1000}',
		'UJxnC07n2IGvD3f8G4uB9GUAmcK6gXybOYiHkwsKAA4hJCv5wl7xQA49as/HMTlV1moliGatc6U0ORQ9aFuccE2jAobBbndr7cSCQwjrR7WHxGbBTOou7p9r+g603SPhi5hablre5tKdJ4qve/vaOGzxoXr7hN+dLeeBTMznMuZwE0lvwPfIqJmXH67PMNwbyDEqGOKxZuWrf6cMCtQNoPItlJtoqleBKsk36YiBcmtCWU8ibyZiUWE5Up5poeTUlzNaIv3tDbDTAQJYPCQkkHNeinC+2glIygJb7gcs1Kxajfw7tO3bTRR31jO9Q2NUcRWNY37iJrkLZSNxaAhRTw=='),
	('what jsonb cannot hold', '{"a": "\u0000"}',
		'CEpndAwjzIWdGvY+Cw9QaWY0EwxRBOoXZUboPVyWUvpu/r6zKhkdxopdMepwBQlJvBj/HPb6cgKvjW9Rzf+0M2n0Y6C7NmtyutVfJbWeyvGP+v9eMVMAIvrXjd2JJiOpZRLW7XX5XFTO3C2Nbd1TjvZQzDD7IrUufIRcfqW9cSWTKZ0bitp/HUK/hMKMJCSZ/gkmBJMadxty5IdnmIx5M/HvmFOEJNaoYmsZqOjZ+UDGUQYg/Xcu+7K/CG3WZW0uQUEe6k33pvXCeaZ9y4YdvxDMfsLQK7bfwEx8J2pFQe7C9XTmdhBoagOf2Q8Sqy/Ge1Hp6h7etIgjOpkedb5Hzg=='),
	('half of a surrogate pair', '{"a": "\ud83d"}',
		'YaauI5bjnBuUXBBerEIRuvyiWV77vn2xe9h1yDbDJecwcN+cxaLIP8Jzph3NtR1ZUPt8YUuhsNWqYfO0Winbkbq+XS5QqM2o0JhTVGNCyHyhbeSJdFkEF38WZ0M/ftHn8zOptUm4g/rWmnWeN+8jl1//LhpSf3DluMPY/pXs1nvYfc6JPRdXBiOuq0YdhHLyRif3Kdbv682T+cnE1UCrVJF9A/LHr9oJlPrhXQ63mPaSHZhAZVHyspIwUndBlbqawIv8xGcCpsHytdo+MhotjgpdKSVM0WlPtIevo9HTyEx85PZxGwgNe7rHiS+47USPInRsnjxbFr5/f0c4k56gZA=='),
	('an array', '[{"a": 1}]',
		'DLyYGDTZFWiPplKiL2q1+5rC75/4jOFNXT6mSVrplLAs9vYzY9O/MSjkEFVRTKplyKOZ/j658+6Bn0pJOPUkO0O8LqmobWCf3GimsI1ZHc/L8GCDKF66K/+R2jQsxiLM/gU1kvTps3+nMG7q7zjfy3l7MZGNPQlaMyNi7wOiP4zyhctvoksgSmZTU6/5qZj81vhlmLnBGren7ZPiiN0c2ar6/q0Yw8aB29zDrpB/jvB7i8jQdNvpw1Czcc7Qb7AK5O2PgH98zVreQ2aynP6wwgErbgrQJL38ZiTihx8xv8OVSg3wdkm7CgT/r/bhHt5+CBJfRgXWZmZuqL2w9Tm/ug=='),
	('a string', '"{}"',
		'JqGEpaPffZJpWeWqP4JJBupAmz3BVbM9IoYiBn4mu7I5LcQCVoczQZiGwgrQ+uqTSBtW/kQHjBkiuTEUQN7VT3H0thT+wurQAx7YYYJzHGLxc+igXbJ16thrCnFZkd5iCDCyMQw63SQUTv84iGwlBrsdPnmcxpR6prZtCXfJutUl+x7J9DobPn3WVlq9/77iCL7BxZZgKsTEUKirmZbGmSxaPcnpO3MJDtRLqURpoEL8UtkYhFiW0NYw6MceMzp3Wuu9MAizoJzUDuQELNhR2WHSHMINV+vByxcqAqR7F6EehOe4o+XUHyuLEeMJX7E0Z0WvU3FkmeKkebfKy3NwXg=='),
	('null', 'null',
		'ZPO3zhUz5nIzI4ys7osrAqewcXFDTAR/G307Yzh42Y2DOkGM+wqJRV2KZPod3RO8xyqat/3Laxvs3enaW9fUn9OhyPkY67U/3vijn9TCUDWcXK0GzsF/uetDJy+HsDLXSjzCtkTthK/G9B5rIkECfPaLQo7ZWI3oai3N3llZmwX06XaZXTVQRc2rxuRUgLQFm/3JdRfbYa0/WhYz1lhM4NwpjsaWDYxKjGuYHTPRop2nQRptajLSg/FYJvPZAzYm3sojcL49gUre994P3vbCzl9TPwwjTAVUlhz6zWvU1rV0lcHmwZb2AFNhJqZnN4vVk4y0gYqXLrd9Y57fKKWaEg=='),
	('1 MiB', '{"a": "' || repeat('x', 1048576 - 9) || '"}',
		'FyBZU2YmkRNQldqHj+gQ+9A8I9QSrVV5Vqb9GPBOEITyUxX5oqhWWTeWtVUEE+HdhJzUWJmkgrO60hHjz2pK5w2g78GP4TfPtLJBejBGAV+rCC6BIK5VLrLDG9YsLpt092+xcg2GNHqF2YR/vhcoM5ftzTflkJVHNjjY7gQvFTwZYuHXzdTNvI8A55PEnP2PxrWm2HasBLS9jbtQpzRZ8UJ4VS34sORJVLH6GF2wBYYygl2FwyN5tDSuUWbSZnu6bL5FbVe3y37q17saV8Zw5TzCjGJgEMDJh47VHbmIenxtQ4ZjUEZE4VmSx8fKsE4P3jisXjG+WVPUbiL5Des8yQ=='),
	('one byte more', '{"a": "' || repeat('x', 1048576 - 8) || '"}',
		'ImLXfbnrD+buPXgJbyz9MVqq55GISWRTThLhtXqHP6CCbLXnc++V+5xtPOtGXovsMc+r0JomgCi1wR/nGpEQd/ZBOS7K6VWj+3zDAC4pHGFN0gFfP0nXPUXcAoeY8x562Ueom0xnDI7JVk4/fuUQbOs/1nsP7eFcJTXuEawQzTNJc+dRaUl3flX3UbpD6BdsNaC5omNpueSTAha7OBaHRYHcu/IiB5zvHccTXWltz22DKzFgt6JGgr3ef8sLR2thKTu6OTVQIHDHKxj2jYwFvLT9Cb7tptTdmwREuU3MNKDY//YAN7ZI1iebj84nvETB6yHlYDnsNgthHTvCbGSnTQ==');
SELECT what, webhook_verified(body, signature) FROM webhooks;
-- what is stored out of line, too
SELECT what, webhook_verified(body, signature, pem) FROM webhooks, public_keys WHERE what = 'an event';
ALTER TABLE webhooks ALTER signature SET STORAGE EXTERNAL;
CREATE TABLE stored_webhooks AS SELECT what, body::json, repeat(signature, CASE what WHEN '1 MiB' THEN 1 ELSE 40 END) AS signature
FROM webhooks WHERE what IN ('1 MiB', 'one byte more', 'an event');
SELECT what, octet_length(body::text), outcome(format('SELECT length(videosdk_verify_webhook(body, signature, pem(%L))::text) FROM stored_webhooks WHERE what = %L', 'key', what))
FROM stored_webhooks;

-- A body with one bit or blank more is another
SELECT body, signature FROM webhooks WHERE what = 'an event' \gset
SELECT b, webhook_verified(b, :'signature') FROM unnest(ARRAY[
	:'body' || ' ', :'body' || E'\n', ' ' || :'body', replace(:'body', ': ', ':'), replace(:'body', 'alice', 'Alice'), replace(:'body', 'alice', '\u0061lice'),
	:'body'::jsonb::text, '{}']) AS b;

-- What no json holds unless a superuser casts it
SELECT b, outcome(format('SELECT videosdk_verify_webhook(%L, %L, pem(%L))', b, :'signature', 'key')) FROM unnest(ARRAY['', ' ', 'event', '{}{}']) AS b;
CREATE CAST (bytea AS json) WITHOUT FUNCTION;
SELECT what, outcome(format('SELECT videosdk_verify_webhook(%L::bytea::json, %L, pem(%L))', body, signature, 'key')) FROM (VALUES
	('no byte', '',
		'e1IXFdgOlANduk58ZO6RBruZJ66RI1jPkjz3HLBkpryPP6WLYe2sINsgfJiEWvJfsPGkOpggnAAb61WFBqFHWuXnpksyXuks45GSuFcosLTJ8+Cb8RVGtZX7vhzEX4u3TjuSJ6rwVu0xyOtsZJHzy/KkCotYzPWZ0IvT7wY7djTsWs7/vbphecR3hp0D75oX75wqrTjp0iOlHW36TdS+NY51H47PiFrRTB9neqOF5sv5tpE1uWqCP4dPDa/d0PVb7N18Nn38rySvlnLTeAa5ye5P70I8hASF973vf1fwzoiCoMs4pAfVc2pdFstGqH6LpzEN8d+DQKRkv3y2fLO/PA=='),
	('a byte order mark', '\xefbbbf7b7d',
		'dvBfoZQ9PNtkZcqXOILO5BwOwKx+I21/bpEQdmvIONiIgQJpe/TmhJ6vVrwHD0OxZX5tsnDId5qB++ZHH8Bj3BRJCZOhOoz/4Mf2I2+zDavfjV31wyg74NGe/e/iEYPyoNoi7ElM1H0MBjVmU3tPIlY+T46UAzg+Z3kvkmGD279BZ1pxvOCTj0F8/lGJbJMkfx0EE1XFBdhqvb3qimwNAWg8zfGTErWpI63FoCR1KPJcGiFOnSkcgdUUjZhHm41hZBya6ltTBTLL31+lMhc+5pCLKGzdVi/WdSe8/eAwQsJsVcVJGUh1WgxrmP5Ty9k4Iyj3+tq5yUBDu5jocnu+jg=='),
	('not UTF-8', '\x7b2261223a22ff227d',
		'bdKRbKxO1aNQHf38JtLduICZgX4GG/M9NFuYiAKi0qszg2r22agB3Xfq8McyOTUe5wXAV4knXf7Wjh1PgRqTiY1O7Qad6SUpNeZL7y9KO8eP7ewJXhdH5HTDv3lm3JQLsg7t8D3XGyHi4Q6h/k7wEW+9f3Nd0U7KJ3v/2MuqBRHCjNUrRWrt4kgskpv+GsxZ8PXJfws0gl1bl6ChEZENhYRTBb+dQFNhOxXB8tlfS2c9438xBl2LRkHK5VDxHLxF5lvfM+Eql5AmcwerItmz7s3MpJlABKSuu+RQ5O6OlGoSuvie6XeE+Mnm10XTwabEUhjJnM2YQ9xO9SuGVbhGbA=='),
	('a NUL', '\x7b7d00',
		'AwHq2maEQ9ZpLudaiIuJ566R3No90UqSM2ZeRuGufYLlmdKk7G4kFJ4n+aRp4PhX1ed+N5V2SJeamlZlB3vEbF/n3jUIWwZGEgwthKaG1PoM6xIy64ZxrCUglIYvIT/XryC7ZqFAwVpA7gp6sBQYUQQW4p2AYTyt3/Bx5btWuLt+ftnvn5UH1CKIBdWnw9SCrFgbNrUxkFwqv88JoLoHqow3wKzUSTXVmLi6i08XhCI0hrB4pCBwAcL8QHH8ErI1W8T2HOgEb5AFHwRHj0k7IOLg9nX54S/u8AJsE869IuyTbDXweQ9YHjBeqWTsBH++psP5P8LtCW3ZDq2gpahnDg=='),
	('two objects', '{}{}',
		'HkhJAMsPEf4mZop1H+KhZnHapDtrVY4GGwc6lW+umUU1NPKTQ8UpExKJ7WHZHFBHWyEP/l9QB5hDTJjIXb+YjXNNMluJLvUeq7OrCore596dENBBIU6XBgRGfAKDTW9f+MCtFqV2SOlmz6QeSSC2X1jm5Y7ByVyaXq2u0/Gf5c8kqovwXHdvH3OvjIzZJxAxLIAuas40v171uUz3SeiT/ZAyto41i2nRc0i3Hm1AnInbQFIAv7Q00TadhwhYOxgtg2pTL3PXe6rGyHB/SQONDGqw0WSrZ5PCRhIMKeZBiYT73go1Cgmib22V8hwpzI59UgJdAl/zKek41MNRrTXaGQ=='),
	('no JSON', 'event',
		'AqcbInbGruMv+3NlSzil6VgUOdLo/XJ3hFSMV4OVJwtdAh7Heze2c+Va1c9tJi/+EB8XolrwQZLhchQ5UHfz/QJDJgPLCAlt/MPDJVbCTtNbEz3RW6nxe1MuoBZojI9czwGDBH9U5eSG7AA4lyAVs7Tfnvd3iKXsp2pF/ycjrrAwXkBLgR6oejOB2RZJcFUhD5L/1o9bMR+mQvu/EpSLKcFFuR8PoIWruxuua4anh18pl0rsAVq7leuP6G0tTuL7y2jpliELdNUtB/x2lhtVlful9DqJzueHUs2SBicpdRho0+4myVfLWf4WyyX7lCM6i9OymV5rK+QpDpiDCJgGCg==')) AS v (what, body, signature);
DROP CAST (bytea AS json);

-- Signatures: strict base64 of one that holds
CREATE FUNCTION with_signature(signature text) RETURNS text LANGUAGE sql AS $$
	SELECT webhook_verified(body, $1) FROM webhooks WHERE what = 'an event'
$$;
SELECT what, with_signature(s) FROM (VALUES
	('empty', ''),
	('a blank before it', ' ' || :'signature'),
	('a blank after it', :'signature' || ' '),
	('a newline after it', :'signature' || E'\n'),
	('lines of 64 characters', regexp_replace(:'signature', '.{64}', E'\\&\n', 'g')),
	('without padding', rtrim(:'signature', '=')),
	('half of the padding', left(:'signature', -1)),
	('more padding', :'signature' || '='),
	('a group of padding more', :'signature' || '===='),
	('trailing bits', regexp_replace(:'signature', '.==$', chr(ascii(substr(:'signature', 342, 1)) + 1) || '==')),
	('base64url', translate(:'signature', '+/', '-_')),
	('hexadecimal', encode(decode(:'signature', 'base64'), 'hex')),
	('quoted', '"' || :'signature' || '"'),
	('with the name of the algorithm', 'sha256=' || :'signature'),
	('two', :'signature' || ',' || :'signature'),
	('a byte fewer at the end', translate(encode(substr(decode(:'signature', 'base64'), 1, 255), 'base64'), E'\n', '')),
	('a byte fewer at the beginning', translate(encode(substr(decode(:'signature', 'base64'), 2), 'base64'), E'\n', '')),
	('a byte more', translate(encode(decode(:'signature', 'base64') || '\x00', 'base64'), E'\n', '')),
	('a zero byte before it', translate(encode('\x00' || decode(:'signature', 'base64'), 'base64'), E'\n', '')),
	('all zeros', translate(encode(decode(repeat('00', 256), 'hex'), 'base64'), E'\n', '')),
	('a bit changed', translate(encode(set_bit(decode(:'signature', 'base64'), 7, 1 - get_bit(decode(:'signature', 'base64'), 7)), 'base64'), E'\n', '')),
	('2048 characters', repeat('A', 2048)),
	('2052 characters', repeat('A', 2052)),
	('a megabyte', repeat('A', 1048576)),
	('the other key''s', 'KVdQXGF+vKzaecXyLafs/JqcUk0TqHHnuHL8Sv5TSb+mVYaLTkbTXZMjKpUVvFJ8vAdiqtgK6Dx1sz0PgiSrErLqoFOmqt+bxpesP4C4X9tKbeCApVfue4mWpMevmElT0nbKwevQvPqBFMIGLWH4lITYYfbu49C8GZR77lwacu77OpRuxP8HNJgt296BLpcbo0eUKQk0Uuj6Tf5vIQ0+EewPUuFzPO2Y1hpPSrkHppxQ15HFKcMJdnH3IMba97cr0RhG38nlOIyP89RhEXHMapMUewYPB5Smdl0dmtHDOvacUF2A1QNoxKFuuYHKsvzH/qe+rGIUEdPSc4xSwbZeeA=='),
	('SHA-1', 'lemGCBfvA9K6YwaIaXegQ/vgphDSV4DpU9N4HVvMrRIG/XEt0SS+raEzUGgh+ZuAgZbNOqy0VkdIIITYZw162pXD9asRD2QxZw540q/1O5uJsUpzEhLtcCYIItszMQpNuLyRxC31COjAibU86M08II4Wei8DQmCyb5lkHxdSV/AnKu37/3+Uj+E0aoO0yhqP9Cm1ZUSI8B0C+shBfBUWwDeor01hCbwK4QzTGJV4HRV4P17IFJDBB33PBv02EXHU0hVfKklaEg1EUGoRNyVNr7qumW2UeGM1DkDancdL09gobJoVbAEjDcVaoGU9zUL/N/zk34K5pE1NVCeDz149og=='),
	('SHA-512', 'ETZj7N2YaZZfl3cCdpb7t59dCDMDiSVJPWehCUeFz5kBcUL/LMPHBaWmcsAJ+Y12Iel2sj9/dzBd2ZbJQiiqlZ7bxGD0ooRbQit0ZxRGjD5sq//Dlmrf0Kh59GKGgspWEG5cVxbz/86A106uIOHtj/CgTnRjGcGssW8+xspUW0mJAeOEjGenTzYaQHs/p8Gj4FYYpFNqaxy/5wQ6oWUU6DGq/Of/jzFMdtljvH7xrJvJqtGCJOIyjbyU2oG9NRedFS3Fb7ZUxPQsGOEcjWzy3+YGZAV6CWQvV178EOWGBochctuK7W/ChFeGAmE0mHZRF6MOdqj+MrmWppmHOPnu1Q=='),
	('PSS', 'VPtPjTwIyKA9ZBmE8waEnTEUNuWXfloP1Vrvo2IqbTtcf4pWA2zYQ1Dcpv2E8hWBYW9GLUsCmc5gPysQ2nkdp+H6Ij+U79cpIB6g1piX0/1PfTUyhiK8V9bvtR2hodgAhArmOvUAMO6ZBVCjRiTbn5NhlXelAZOmC9nPb5kvdkCiNYc277FaK3/KQ692N6L0OSaBTx/KG262wPHvdca+GZ6KWlYXb286mCACxHtXcwrqcxBs/6DujjU+QNPmW1SJKjujAZeWVMU55VmrNeXR5rpeliKY3yUAbFuaS89+zQp3uHEhBz+vfLmtmCL0Qi4K84nDxEQVxdnZeuQEBCjwig==')) AS v (what, s);

-- Any of several keys may have signed
\set signature_of_other KVdQXGF+vKzaecXyLafs/JqcUk0TqHHnuHL8Sv5TSb+mVYaLTkbTXZMjKpUVvFJ8vAdiqtgK6Dx1sz0PgiSrErLqoFOmqt+bxpesP4C4X9tKbeCApVfue4mWpMevmElT0nbKwevQvPqBFMIGLWH4lITYYfbu49C8GZR77lwacu77OpRuxP8HNJgt296BLpcbo0eUKQk0Uuj6Tf5vIQ0+EewPUuFzPO2Y1hpPSrkHppxQ15HFKcMJdnH3IMba97cr0RhG38nlOIyP89RhEXHMapMUewYPB5Smdl0dmtHDOvacUF2A1QNoxKFuuYHKsvzH/qe+rGIUEdPSc4xSwbZeeA==
\set signature_of_long dVr9of4tYoi/Rq29XIDzfRWxncYCiSPbD74qdSQfegvl4TuKi8/AYgGCyORp8njlHpwIYe2gMQMGDz+34V274N8V/ipt3vp7t/jKeh9q38jKZzPgaK1DpssKrLbAecX2Brgx/nVCNvPsCge1Y/h9KCfVuTDzyZcJewFmTAKT/MhqPZ6fKhyCsYfCX3UYua35e5HHfUgkdZq8FzNtBVgy2u1Goks5FluMGRfpCfnNHhbfcW3AYuU1uEozq0JWivmF9Akq84R/EQPOeG59dFXj5zHB+U2JKTcBuOPC5pVZbWyi8cDlzcVQwUOEB6VI+J6jZKXZbArzcmwc9NLNmq7Vdd3aeudWieGIBB1ySZ7BmKrOZJhy6mTbnQfJkk0yEOGgotbtPzOZ/7BR8vze2kdoT+9XDmdjHTyuTgtaOsJKAW4yiQ943Ev1NiZiA3wN9/vHaqIFSiNJPL4Q+5u8/VhWEkNfgS/7vy/RaTYUMtJkpY/wtOim/MSHGER2eQHZ23Yi3DLREIPzxQKx+h7EGy6Iw8AUwieLkWZEhovKJEVoEoq0p0rrCAEyQkJ/IbALo7gjkHahyhUcQ9QmYrHFQttgbENQzn6CE49v5SdqiffebQVMpfH8pTu4yA2iKS4TNrxKEnKBFr0tcnKRVmo7oNQcd+A7aQlOkDxD8Dq6V2fhb6kssiRguDzHcALxVZzIRdnmvElMCMgPnm5TvCb42vucIG0KtjF85REq/7G24hmfJ2QRgZmHTEMsqSAFVb1dcOyz2M62qkeWkzvdIBwdq6xmuXh6tKmMesQkhaDS20yGtMpTiZ1jj2b9p7SGk8N0mydXs+s83B9uMIJ4R1zgQQUPB85ZxxaITynimqLO9xm2wnCrxnGkNKbwHpPH3PmCeITJ6pzVJofjAgq+4THUuEtVycCn7Cirj91j1hcAQdtNsJlohMM81eTJX7bpUMcslML5AbZXELgPFiNjfHt14nqEPkTfMYvjnd4uzUlLRLAWhmTh22LxBlR7ccsCsJJJGOjxj8DdKP+kt9AAs7V8eMSJz9vKcoRTnxMx5gKjWL1WQ3lxVqx9rgnSkpHpl/ciH5lZv2s/6aE5FI2F5UtjyJ3E4Ssu6I5wN6Xq4I/zeF1vXCE6Enyli6B24P1djupJGWBt/aiaOORDmB7O8dOZFD+piNzm5M8nG09YpavO55W+zoXJRcWzuAFSYWL8ZlWTZjYnXvG7qrNhcT9E+Q5C7QKfgLnwjAkY7o8APlYem0248ZHzw6f7bn8Psi47Ff1Jg1wPqr0LjqGnwlk93Bmy6u2mWyTLW0X/ESu8S1FZyxDhwa4EH6c/tXa3faQes0ro88+ow1Tpt2fPNTJqhAcs2TUP5g==
CREATE FUNCTION with_key(public_key text, signature text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT webhook_verified(body, coalesce($2, webhooks.signature), $1) FROM webhooks WHERE what = 'an event'
$$;
SELECT what, with_key(k), with_key(k, :'signature_of_other'), with_key(k, :'signature_of_long') FROM (VALUES
	('one', pem('key')),
	('two', pem('key') || pem('other')),
	('two in the other order', pem('other') || pem('key')),
	('no newline between', rtrim(pem('other'), E'\n') || rtrim(pem('key'), E'\n')),
	('white space around', E' \t\r\n\x0b\f' || pem('other') || E' \t\r\n\x0b\f' || pem('key') || E' \t\r\n\x0b\f'),
	('CRLF', replace(pem('other') || pem('key'), E'\n', E'\r\n')),
	('both forms', pem('other') || pem('the same, PKCS #1') || pem('8192 bits')),
	('16, of which the last signs', repeat(pem('other'), 15) || pem('key'))) AS v (what, k);

-- Keys that are none.  A public key by its numbers: PKCS #1 in DER (RFC 8017 appendix A.1.1)
CREATE FUNCTION der(tag bytea, content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT tag || CASE WHEN length(content) < 128 THEN substr(int4send(length(content)), 4)
		WHEN length(content) < 256 THEN '\x81' || substr(int4send(length(content)), 4)
		ELSE '\x82' || substr(int4send(length(content)), 3) END || content
$$;
CREATE FUNCTION der_integer(number bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT der('\x02', CASE WHEN get_byte(number, 0) > 127 THEN '\x00'::bytea ELSE '' END || number)
$$;
CREATE FUNCTION numbers_as_pem(modulus bytea, exponent bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT E'-----BEGIN RSA PUBLIC KEY-----\n' || encode(der('\x30', der_integer(modulus) || der_integer(exponent)), 'base64') ||
		E'\n-----END RSA PUBLIC KEY-----\n'
$$;
-- an odd number of so many bits
CREATE FUNCTION odd(bits int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT decode(lpad(to_hex((1 << (1 + (bits - 1) % 8)) - 1), 2, '0') || repeat('ff', (bits - 1) / 8), 'hex')
$$;
SELECT what, with_key(k) FROM (VALUES
	('2047 bits', numbers_as_pem(odd(2047), '\x010001')),
	('2048 bits', numbers_as_pem(odd(2048), '\x010001')),
	('8192 bits', numbers_as_pem(odd(8192), '\x010001')),
	('8193 bits', numbers_as_pem(odd(8193), '\x010001')),
	('16384 bits', numbers_as_pem(odd(16384), '\x010001')),
	('512 bits', numbers_as_pem(odd(512), '\x010001')),
	('an even modulus', numbers_as_pem(set_byte(odd(2048), 255, 254), '\x010001')),
	('the modulus 0', numbers_as_pem('\x00', '\x010001')),
	('the exponent 3', numbers_as_pem(odd(2048), '\x03')),
	('the exponent 1', numbers_as_pem(odd(2048), '\x01')),
	('the exponent 0', numbers_as_pem(odd(2048), '\x00')),
	('an even exponent', numbers_as_pem(odd(2048), '\x010000')),
	('elliptic curve', pem('elliptic curve')),
	('RSA-PSS', pem('RSA-PSS')),
	('one of two too short', pem('key') || numbers_as_pem(odd(1024), '\x010001'))) AS v (what, k);
-- PEMs of other things, and what is no PEM
SELECT what, with_key(k) FROM (VALUES
	('empty', ''),
	('white space', E' \n'),
	('JWK', '{"kty": "RSA", "n": "AQAB", "e": "AQAB"}'),
	('its base64 alone', regexp_replace(pem('key'), '-----[^-]+-----', '', 'g')),
	('without a footer', replace(pem('key'), '-----END PUBLIC KEY-----', '')),
	('without a header', replace(pem('key'), '-----BEGIN PUBLIC KEY-----', '')),
	('another footer', replace(pem('key'), 'END PUBLIC KEY', 'END RSA PUBLIC KEY')),
	('lower case', replace(pem('key'), 'PUBLIC KEY', 'public key')),
	('four dashes', replace(pem('key'), '-----', '----')),
	('\n for newlines', replace(pem('key'), E'\n', '\n')),
	('on one line', replace(pem('key'), E'\n', ' ')),
	('text before', 'key: ' || pem('key')),
	('text after', pem('key') || '.'),
	('text between', pem('key') || E'# the next\n' || pem('other')),
	('a byte order mark', U&'\feff' || pem('key')),
	('a no-break space after', pem('key') || U&'\00a0'),
	('certificate', replace(pem('key'), 'PUBLIC KEY', 'CERTIFICATE')),
	('private key', replace(pem('key'), 'PUBLIC KEY', 'PRIVATE KEY')),
	('private key, RSA', replace(pem('key'), 'PUBLIC KEY', 'RSA PRIVATE KEY')),
	('private key, encrypted', replace(pem('key'), 'PUBLIC KEY', 'ENCRYPTED PRIVATE KEY')),
	('private key, OpenSSH', replace(pem('key'), 'PUBLIC KEY', 'OPENSSH PRIVATE KEY')),
	('public key, then a private one', pem('key') || replace(pem('other'), 'PUBLIC KEY', 'PRIVATE KEY')),
	('request', replace(pem('key'), 'PUBLIC KEY', 'CERTIFICATE REQUEST')),
	('parameters', replace(pem('key'), 'PUBLIC KEY', 'DH PARAMETERS')),
	('a long label', replace(pem('key'), 'PUBLIC KEY', repeat('PUBLIC KEY ', 100))),
	('encrypted headers', replace(pem('key'), E'BEGIN PUBLIC KEY-----\n', E'BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n')),
	('a character that base64 lacks', regexp_replace(pem('key'), 'MII', '!II')),
	('cut short', regexp_replace(pem('key'), E'[^\n]+\n-----END', '-----END')),
	('17', repeat(pem('key'), 17)),
	('a key after 16', repeat(pem('key'), 16) || 'x'),
	('OpenSSH', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== key@host')) AS v (what, k);

-- The order of what is wrong: NULL, key, body, signature, who signed, the event
SELECT s, outcome(format('SELECT videosdk_verify_webhook(%s)', s)) FROM unnest(ARRAY[
	'NULL, NULL, NULL', $$'{}', NULL, NULL$$, $$'{}', '', NULL$$, $$'{}', '!', 'x'$$]) AS s;
SELECT left(webhook_verified(body, '!'), 100) FROM webhooks WHERE what = 'one byte more';
SELECT webhook_verified(:'body', '!'), webhook_verified('[]', :'signature');

-- Options of servers
CREATE FUNCTION server_with(public_key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE SERVER tried FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_public_key %L)', public_key);
	DROP SERVER tried;
	RETURN 'created';
END $$;
SELECT what, outcome(format('SELECT server_with(%L)', k)) FROM (VALUES
	('a key', pem('key')),
	('PKCS #1', pem('the same, PKCS #1')),
	('two keys', pem('key') || pem('other')),
	('empty', ''),
	('JWK', '{"kty": "RSA", "n": "confidential"}'),
	('private key', replace(pem('key'), 'PUBLIC KEY', 'PRIVATE KEY')),
	('certificate', replace(pem('key'), 'PUBLIC KEY', 'CERTIFICATE')),
	('elliptic curve', pem('elliptic curve')),
	('1024 bits', numbers_as_pem(odd(1024), '\x010001')),
	('the exponent 1', numbers_as_pem(odd(2048), '\x01')),
	('17 keys', repeat(pem('key'), 17)),
	('a name', 'confidential')) AS v (what, k);
SELECT outcome($$CREATE SERVER tried FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_publickey 'x')$$);
SELECT outcome($$SELECT videosdk_credential_validator('{webhook_public_key=confidential}', 'pg_user_mapping'::regclass)$$);

-- Validate with a server: no user mapping is needed, but a key
CREATE FUNCTION validated_webhook(body text, signature text, server name DEFAULT 'videosdk') RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT videosdk_validate_webhook(%L, %L, %L)', body, signature, server))
$$;
SELECT validated_webhook(:'body', :'signature');
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
SELECT validated_webhook(:'body', :'signature');
CREATE SERVER "My server" FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '1 hour');
SELECT validated_webhook(:'body', :'signature', 'My server');
SELECT format('ALTER SERVER videosdk OPTIONS (ADD webhook_public_key %L)', pem('key')) \gexec
SELECT validated_webhook(:'body', :'signature');
SELECT videosdk_validate_webhook(:'body', :'signature');
SELECT validated_webhook(:'body', :'signature_of_other'), validated_webhook(:'body' || ' ', :'signature'), validated_webhook(:'body', '!'),
	validated_webhook('[]', :'signature');
SELECT s, outcome(format('SELECT videosdk_validate_webhook(%s)', s)) FROM unnest(ARRAY[
	'NULL, NULL', $$'{}', NULL$$, $$'{}', '', NULL$$, $$NULL, 'x', NULL$$]) AS s;

-- Each row may have its own server, and its own key
SELECT format('CREATE SERVER another FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_public_key %L)', pem('other')) \gexec
SELECT s, videosdk_validate_webhook(:'body', CASE s WHEN 'another' THEN :'signature_of_other' ELSE :'signature' END, s) ->> 'webhookType'
FROM unnest('{videosdk,another,videosdk,videosdk,another}'::name[]) AS s;
SELECT k, videosdk_verify_webhook(:'body', CASE k WHEN 'other' THEN :'signature_of_other' ELSE :'signature' END, pem(k)) ->> 'webhookType'
FROM unnest('{key,other,"the same, PKCS #1",key,key,other}'::text[]) AS k;
-- after a key that is none, too, in the same expression
DO $$
DECLARE
	event record;
	good text;
BEGIN
	SELECT body, signature INTO event FROM webhooks WHERE what = 'an event';
	FOR n IN 1..6 LOOP
		BEGIN
			good := videosdk_verify_webhook(event.body::json, event.signature, CASE WHEN n % 2 = 0 THEN 'x' ELSE pem('key') END);
			RAISE NOTICE '%: %', n, good;
		EXCEPTION WHEN invalid_parameter_value THEN
			RAISE NOTICE '%: %', n, SQLERRM;
		END;
	END LOOP;
END $$;

-- A change of the key counts for the next call of the same expression
DO $$
DECLARE
	event record;
	good boolean;
BEGIN
	SELECT body, signature INTO event FROM webhooks WHERE what = 'an event';
	FOR n IN 1..6 LOOP
		IF n = 3 THEN
			EXECUTE format('ALTER SERVER videosdk OPTIONS (SET webhook_public_key %L)', pem('other'));
		ELSIF n = 4 THEN
			EXECUTE format('ALTER SERVER videosdk OPTIONS (SET webhook_public_key %L)', pem('other') || pem('key'));
		ELSIF n = 5 THEN
			ALTER SERVER videosdk OPTIONS (DROP webhook_public_key);
		ELSIF n = 6 THEN
			EXECUTE format('ALTER SERVER videosdk OPTIONS (ADD webhook_public_key %L)', pem('key'));
		END IF;
		BEGIN
			good := videosdk_validate_webhook(event.body::json, event.signature) IS NOT NULL;
			RAISE NOTICE '%: %', n, good;
		EXCEPTION WHEN OTHERS THEN
			RAISE NOTICE '%: % %', n, SQLSTATE, SQLERRM;
		END;
	END LOOP;
END $$;

-- USAGE, also for the key; a server of another wrapper, and no server
CREATE FOREIGN DATA WRAPPER another_wrapper;
CREATE SERVER not_ours FOREIGN DATA WRAPPER another_wrapper OPTIONS (webhook_public_key 'confidential');
SELECT s, validated_webhook(:'body', :'signature', s) FROM unnest('{nowhere,not_ours}'::name[]) AS s;
CREATE ROLE regress_videosdk_receiver;
SET ROLE regress_videosdk_receiver;
SELECT outcome($$SELECT videosdk_validate_webhook('{}', 'AAAA')$$);
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER videosdk TO regress_videosdk_receiver;
SET ROLE regress_videosdk_receiver;
SELECT outcome($$SELECT videosdk_validate_webhook('{}', 'AAAA')$$);
SELECT videosdk_validate_webhook(:'body', :'signature');
RESET ROLE;

-- What a superuser put there without the validator
ALTER FOREIGN DATA WRAPPER videosdk NO VALIDATOR;
CREATE FUNCTION unvalidated_webhook(public_key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER SERVER another OPTIONS (SET webhook_public_key %L)', public_key);
	RETURN validated_webhook('{}', 'AAAA', 'another');
END $$;
SELECT what, unvalidated_webhook(k) FROM (VALUES
	('no key', 'confidential'),
	('empty', ''),
	('private key', replace(pem('key'), 'PUBLIC KEY', 'PRIVATE KEY')),
	('1024 bits', numbers_as_pem(odd(1024), '\x010001')),
	('a key', pem('key'))) AS v (what, k);
-- a name that begins like ours
ALTER SERVER "My server" OPTIONS (ADD webhook_public_keys 'confidential', ADD webhook_public 'confidential');
SELECT validated_webhook('{}', 'AAAA', 'My server');
ALTER FOREIGN DATA WRAPPER videosdk VALIDATOR videosdk_credential_validator;

DROP SERVER videosdk;
DROP SERVER another;
DROP SERVER "My server";
DROP SERVER not_ours;
DROP FOREIGN DATA WRAPPER another_wrapper;
DROP ROLE regress_videosdk_receiver;
