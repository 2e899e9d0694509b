\set ECHO none
-- End the demo unless the statement before was refused with SQLSTATE :expected.
\set sqlstate :SQLSTATE
\echo SQLSTATE :sqlstate
SELECT :'sqlstate' = :'expected' AS refused \gset
\if :refused
\else
	\warn demo: SQLSTATE :expected was expected here
	DO 'BEGIN RAISE ''the demo failed''; END';
\endif
\set ECHO all
