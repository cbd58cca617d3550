/* In user_mbuf.c nothing is redirected beside what environment.h lists. */
#include "environment.h"
