/** The processor time that this process has used, in ms. It doesn't depend on the load of the machine. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
