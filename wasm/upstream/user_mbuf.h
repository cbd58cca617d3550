/* Nothing is redirected in user_mbuf.c but what environment.h lists. */
#include "environment.h"
