/* Nothing is redirected in netinet/sctp_auth.c but what environment.h lists. */
#include "environment.h"
