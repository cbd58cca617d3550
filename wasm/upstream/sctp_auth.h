/* In netinet/sctp_auth.c nothing is redirected beside what environment.h lists. */
#include "environment.h"
