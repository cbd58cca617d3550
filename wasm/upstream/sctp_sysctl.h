/* In netinet/sctp_sysctl.c nothing is redirected beside what environment.h lists. */
#include "environment.h"
