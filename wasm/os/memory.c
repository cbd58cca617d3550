/*
 * Memory for usrsctp. Allocation never returns NULL, because upstream doesn't check everywhere. It is counted, so that
 * leaks can be found. Freed blocks go to free lists by size, because usrsctp allocates and frees several small blocks
 * (mbufs, clusters, chunks) for each packet.
 */
#include <stdlib.h>
#include <string.h>

#include "link.h"

#define CLASS_BYTES 64
#define CLASSES 40                 /* free lists for blocks up to 2,560 bytes, such as mbuf clusters of 2,048 */
#define CACHE_MAX_BYTES (512 * 1024)
#define PAGE_BYTES 65536           /* of WebAssembly's memory */
#define MAX_GROWTH_PAGES 1024      /* 64 MB */

#ifdef __SANITIZE_ADDRESS__
#define CACHES 0                   /* or the sanitizer wouldn't see the use of freed blocks */
#else
#define CACHES 1
#endif

/* Precedes each block. Its 8 bytes keep the block aligned. */
struct header {
	uint32_t bytes;                /* the size that was requested */
	uint32_t class;                /* the free list; CLASSES: too large for one */
};

struct spare {
	struct spare *next;
};

static struct spare *spares[CLASSES];
static size_t cached_bytes;

static uint32_t class_of(size_t bytes)
{
	size_t class = (bytes + CLASS_BYTES - 1) / CLASS_BYTES;

	return CACHES && class < CLASSES ? (uint32_t)class : CLASSES;
}

static void *owned(struct header *header, size_t bytes, uint32_t class)
{
	if (header == NULL) {
		link_panic("out of memory");
	}
	header->bytes = (uint32_t)bytes;
	header->class = class;
	link_shared.memory_in_use += (uint32_t)bytes;
	return header + 1;
}

void *link_malloc(size_t bytes)
{
	uint32_t class = class_of(bytes);

	if (class == CLASSES) {
		return owned(malloc(sizeof(struct header) + bytes), bytes, class);
	}
	if (spares[class] != NULL) {
		struct spare *spare = spares[class];

		spares[class] = spare->next;
		cached_bytes -= class * CLASS_BYTES;
		return owned((struct header *)spare - 1, bytes, class);
	}
	return owned(malloc(sizeof(struct header) + (class > 0 ? class : 1) * CLASS_BYTES), bytes, class);
}

void link_free(void *memory)
{
	struct header *header;

	if (memory == NULL) {
		return;
	}
	header = (struct header *)memory - 1;
	link_shared.memory_in_use -= header->bytes;
	if (header->class < CLASSES && cached_bytes < CACHE_MAX_BYTES) {
		struct spare *spare = memory;

		spare->next = spares[header->class];
		spares[header->class] = spare;
		cached_bytes += header->class * CLASS_BYTES;
	} else {
		free(header);
	}
}

void *link_calloc(size_t count, size_t bytes)
{
	return memset(link_malloc(count * bytes), 0, count * bytes);
}

void *link_realloc(void *memory, size_t bytes)
{
	void *moved = link_malloc(bytes);

	if (memory != NULL) {
		uint32_t before = ((struct header *)memory - 1)->bytes;

		memcpy(moved, memory, before < bytes ? before : bytes);
		link_free(memory);
	}
	return moved;
}

/* Not counted: our buffers live as long as the module, and would hide what usrsctp has leaked. */
void *link_grow(void *buffer, size_t bytes)
{
	buffer = realloc(buffer, bytes);
	if (buffer == NULL) {
		link_panic("out of memory");
	}
	return buffer;
}

#ifdef __EMSCRIPTEN__
/*
 * sbrk() calls this if the memory must grow; compile.sh puts it in place of emscripten's function, which grows the
 * memory by 64 KB at a time. At each growth the engine makes a new ArrayBuffer, and V8 counts all of it as newly
 * allocated: with 20,000 associations nearly all of the time went to garbage collections. So the memory grows by half.
 * Pages that nothing has been written to take no memory.
 */
void emscripten_notify_memory_growth(size_t memory);

int __wrap_emscripten_resize_heap(size_t bytes)
{
	size_t pages = __builtin_wasm_memory_size(0), needed = (bytes + PAGE_BYTES - 1) / PAGE_BYTES - pages;
	size_t half = pages / 2 < MAX_GROWTH_PAGES ? pages / 2 : MAX_GROWTH_PAGES;
	int is_done = __builtin_wasm_memory_grow(0, needed > half ? needed : half) != SIZE_MAX ||
	              __builtin_wasm_memory_grow(0, needed) != SIZE_MAX;

	if (is_done) {
		emscripten_notify_memory_growth(0);
	}
	return is_done;
}
#endif
