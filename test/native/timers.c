/*
 * Preloaded into usrsctp's own programs, which have no option for timers: sets those of our preset 'fast-failover'
 * (src/options/timers.ts), so that a time-out doesn't take seconds. It replaces usrsctp_init(), which sets the
 * defaults.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <usrsctp.h>

typedef int (*output)(void *addr, void *buffer, size_t length, uint8_t tos, uint8_t set_df);
typedef void (*print)(const char *format, ...);

void usrsctp_init(uint16_t port, output conn_output, print debug_printf)
{
	void (*init)(uint16_t, output, print) = (void (*)(uint16_t, output, print))dlsym(RTLD_NEXT, "usrsctp_init");

	init(port, conn_output, debug_printf);
	usrsctp_sysctl_set_sctp_rto_initial_default(500);
	usrsctp_sysctl_set_sctp_rto_min_default(200);
	usrsctp_sysctl_set_sctp_rto_max_default(1000);
	usrsctp_sysctl_set_sctp_heartbeat_interval_default(1000);
	usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
	usrsctp_sysctl_set_sctp_path_rtx_max_default(2);
	usrsctp_sysctl_set_sctp_path_pf_threshold(0);
}
