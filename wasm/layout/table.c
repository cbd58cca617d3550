/*
 * Fills the tables of table.h. It is compiled twice: as it is, for usrsctp.h, and with -DSTACK, for the headers that
 * the stack itself is compiled with. layout.sh writes constants.inc and *_structs.inc.
 */
#include "table.h"

#include <stdint.h>
#ifdef STACK
#include <netinet/sctp_os.h> /* sctp.h needs it */
#include <netinet/sctp.h>
#define CONSTANTS stack_constants
#define LAYOUTS stack_layouts
#else
#include <usrsctp.h>
#include "link.h"
#define CONSTANTS public_constants
#define LAYOUTS public_layouts
#endif

#define GROUP(title) {.group = title},
#define CONSTANT(constant) {.name = #constant, .defined = 1, .value = (constant)},
#define ABSENT(constant) {.name = #constant},

const struct constant CONSTANTS[] = {
#include "constants.inc"
	{0}};

_Static_assert(sizeof(long) == 4 && sizeof(void *) == 4, "the types below are those of wasm32");

/* Arrays and foreign structs have no number type: they are bytes. */
/* clang-format off */
#define TYPE(lvalue) _Generic((lvalue),                \
	uint8_t: "u8",   int8_t: "i8",                 \
	uint16_t: "u16", int16_t: "i16",               \
	uint32_t: "u32", int32_t: "i32",               \
	uint64_t: "u64", int64_t: "i64",               \
	unsigned long: "u32", long: "i32",             \
	double: "f64",                                 \
	default: "bytes")
/* clang-format on */
#define MEMBER(owner, member) (((struct owner *)0)->member)

#define STRUCT(owner) {.name = #owner, .size = sizeof(struct owner)},
#define FIELD(owner, member)                          \
	{.field = #member,                            \
	 .type = TYPE(MEMBER(owner, member)),         \
	 .offset = offsetof(struct owner, member),    \
	 .size = sizeof(MEMBER(owner, member))},
#define FLEXIBLE(owner, member) {.field = #member, .type = "bytes", .offset = offsetof(struct owner, member)},
#define POINTER(owner, member) {.field = #member, .type = "u32", .offset = offsetof(struct owner, member)},
#define NESTED(owner, member, inner) \
	{.name = #inner, .field = #member, .type = "struct", .offset = offsetof(struct owner, member)},

const struct layout LAYOUTS[] = {
#ifdef STACK
#include "stack_structs.inc"
#else
#include "public_structs.inc"
	/* POSIX defines these structs and fields, but their layout is Emscripten's. */
	STRUCT(sockaddr)
	FIELD(sockaddr, sa_family)
	FIELD(sockaddr, sa_data)
	STRUCT(sockaddr_in)
	FIELD(sockaddr_in, sin_family)
	FIELD(sockaddr_in, sin_port)
	FIELD(sockaddr_in, sin_addr)
	STRUCT(sockaddr_in6)
	FIELD(sockaddr_in6, sin6_family)
	FIELD(sockaddr_in6, sin6_port)
	FIELD(sockaddr_in6, sin6_flowinfo)
	FIELD(sockaddr_in6, sin6_addr)
	FIELD(sockaddr_in6, sin6_scope_id)
	STRUCT(sockaddr_storage)
	FIELD(sockaddr_storage, ss_family)
	STRUCT(linger)
	FIELD(linger, l_onoff)
	FIELD(linger, l_linger)
#endif
	{0}};
