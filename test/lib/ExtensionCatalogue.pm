# What the catalogue has on the extension, as text that is the same in another schema and in another database, and whoever
# has created it
package ExtensionCatalogue;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

our @EXPORT_OK = qw(catalogue differences functions other_objects);

# functions(NODE, DATABASE): the extension's functions there, by name: { language => 'c', returns => 'text', has_defaults => 't',
# arguments => [ [name, type], ... ] }
sub functions
{
	my ($node, $database) = @_;
	my %functions;
	my $rows = $node->safe_psql($database, <<'SQL');
SELECT proname, lanname, prorettype::regtype, pronargdefaults > 0, name, format_type(type, NULL)
FROM pg_proc AS p
JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = p.oid AND refclassid = 'pg_extension'::regclass AND deptype = 'e'
JOIN pg_extension AS e ON refobjid = e.oid AND extname = 'videosdk_token'
JOIN pg_language AS l ON prolang = l.oid
CROSS JOIN unnest(proargnames[:pronargs], proargtypes::oid[]) WITH ORDINALITY AS a (name, type, place)
ORDER BY proname, place
SQL
	foreach my $row (split /\n/, $rows)
	{
		my ($function, $language, $returns, $has_defaults, @argument) = split /\|/, $row;
		$functions{$function} //= { language => $language, returns => $returns, has_defaults => $has_defaults, arguments => [] };
		push @{ $functions{$function}{arguments} }, \@argument;
	}
	return %functions;
}

# The extension itself, and its members
my $parts = <<'SQL';
(SELECT 'pg_extension'::regclass AS classid, oid AS objid FROM pg_extension WHERE extname = 'videosdk_token'
UNION ALL
SELECT classid, objid FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'videosdk_token')) AS parts
SQL

# SQL for a text in which SCHEMA stands for the name of the extension's schema
sub without_schema
{
	my ($text) = @_;
	my $schema = "(SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'videosdk_token')";
	my $word = "'(?<!\\w)' || regexp_replace($schema, '(\\W)', '\\\\\\1', 'g') || '(?!\\w)'";
	return "coalesce(regexp_replace($text, $word, 'SCHEMA', 'g'), $text)";
}

# SQL for the type and the name of an object, a row of pg_identify_object
sub name_of
{
	my ($object) = @_;
	return "$object.type || ' ' || " . without_schema("$object.identity");
}

# SQL for the elements that a function returns as one text, sorted
sub sorted
{
	my ($elements) = @_;
	return "(SELECT string_agg(element::text, ' ' ORDER BY element::text) FROM $elements AS element)";
}

# A statement that writes a query for each catalogue that has a part: every column of every part, so that a property
# which PostgreSQL or we add is compared, too.  Numbers of objects, known by their type, become names.  The order of
# privileges means nothing.  A parsed expression knows where it stood in its script: it is left out, and compared in a
# function's definition.
sub columns
{
	my $names = <<"SQL";
(SELECT string_agg(coalesce(${\name_of('o')}, number[1]), ', ' ORDER BY place)
	FROM regexp_matches(value, '\\d+', 'g') WITH ORDINALITY AS r (number, place),
		pg_identify_object(f.pktable, number[1]::oid, 0) AS o)
SQL
	my $privileges = sorted('jsonb_array_elements_text(value::jsonb)');
	return <<"SQL";
SELECT format(\$query\$
SELECT ${\name_of('part')}, attname,
	CASE WHEN atttypid = ANY ('{oid,_oid,oidvector}'::regtype[]) THEN $names
		WHEN atttypid = 'aclitem[]'::regtype THEN coalesce($privileges, value)
		ELSE value END
FROM %1\$s AS t JOIN $parts ON classid = t.tableoid AND objid = t.oid
	JOIN pg_attribute AS a ON attrelid = classid AND atttypid <> 'pg_node_tree'::regtype
	JOIN jsonb_each_text(to_jsonb(t) - 'oid' - 'extowner') AS c (key, value) ON key = attname
	LEFT JOIN pg_get_catalog_foreign_keys() AS f ON fktable = classid AND fkcols = ARRAY[key],
	pg_identify_object(classid, objid, 0) AS part
ORDER BY 1, 2
\$query\$, classid::regclass)
FROM $parts GROUP BY classid ORDER BY classid
SQL
}

# psql's statements that print, within a transaction, all columns, definitions, comments, privileges and dependencies
sub catalogue
{
	return <<"SQL";
SET LOCAL search_path = pg_catalog, pg_temp;
${\columns()} \\gexec
SELECT ${\name_of('part')}, 'definition', place, ${\without_schema('line')}
FROM $parts JOIN pg_proc AS p ON classid = 'pg_proc'::regclass AND objid = p.oid AND prokind <> 'a',
	regexp_split_to_table(pg_get_functiondef(objid), '\\n') WITH ORDINALITY AS l (line, place),
	pg_identify_object(classid, objid, 0) AS part
ORDER BY 1, 3;
SELECT ${\name_of('part')}, 'comment', description
FROM $parts JOIN pg_description AS d ON d.classoid = classid AND d.objoid = objid,
	pg_identify_object(classid, objid, objsubid) AS part
ORDER BY 1;
SELECT ${\name_of('part')}, 'initial privileges', privtype, ${\sorted('unnest(initprivs)')}
FROM $parts JOIN pg_init_privs AS i ON i.classoid = classid AND i.objoid = objid,
	pg_identify_object(classid, objid, objsubid) AS part
ORDER BY 1;
SELECT ${\name_of('part')}, 'depends on', ${\name_of('o')}, deptype
FROM $parts JOIN (
		SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype FROM pg_depend
		UNION ALL
		SELECT classid, objid, objsubid, refclassid, refobjid, 0, deptype FROM pg_shdepend
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND classid <> 'pg_extension'::regclass) AS d USING (classid, objid),
	pg_identify_object(classid, objid, objsubid) AS part, pg_identify_object(refclassid, refobjid, refobjsubid) AS o
ORDER BY 1, 3, 4;
SQL
}

# psql's statements that print what else there is in the cluster that is not PostgreSQL's own, whose numbers are lower
sub other_objects
{
	return <<"SQL";
SELECT format(\$query\$
SELECT 'other', ${\name_of('o')} FROM %1\$s AS t, pg_identify_object(tableoid, oid, 0) AS o
WHERE oid >= 16384 AND (tableoid, oid) NOT IN (SELECT classid, objid FROM $parts)
ORDER BY 2
\$query\$, attrelid::regclass)
FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
WHERE attname = 'oid' AND relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace
ORDER BY attrelid \\gexec
SQL
}

# The lines that only one of two texts has, with - before those of the first and + before those of the second
sub differences
{
	my ($before, $after) = @_;
	my %count;
	$count{$_}-- foreach split /\n/, $before;
	$count{$_}++ foreach split /\n/, $after;
	return join '', map { ($count{$_} < 0 ? '-' : '+') . "$_\n" } grep { $count{$_} } sort keys %count;
}

1;
