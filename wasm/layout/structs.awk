# Reads preprocessed C. Prints a STRUCT line for every struct whose name matches `wanted`, and a line for each of its
# fields. Only names are read here; the compiler reads the output and supplies the offsets.

$1 == "struct" && $3 == "{" && $2 ~ wanted { owner = $2; print "STRUCT(" owner ")"; next }
owner == "" || $1 ~ /^#/ || NF == 0        { next }
$1 ~ /^}/                                  { owner = ""; next }

# usrsctp declares one field a line. Anything else is an error, so that no field is left out.
!/^[ \t]*[A-Za-z_][A-Za-z0-9_ \t]*[ \t*][A-Za-z_][A-Za-z0-9_]*(\[[^]]*\])?;[ \t]*$/ {
	print "structs.awk: struct " owner ": not understood: " $0 > "/dev/stderr"
	exit 1
}

{
	field = $NF
	gsub(/[*;]|\[.*/, "", field)
	if ($NF ~ /\[\]/) print "FLEXIBLE(" owner ", " field ")"
	else if (/\*/) print "POINTER(" owner ", " field ")"
	else if ($1 == "struct" && $2 ~ /^sctp_/) print "NESTED(" owner ", " field ", " $2 ")"
	else print "FIELD(" owner ", " field ")"
}
