/** The processor time that this process has taken, in ms: how busy the machine is otherwise doesn't count. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
