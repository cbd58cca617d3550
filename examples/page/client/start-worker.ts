/** The name of a worker whose network is simulated. */
export const SIMULATED = 'simulated';

/**
 * Starts the worker. The page that is a single file has the worker's code in an element, because browsers start no workers from
 * files: there the network is simulated. So it is on the site, if the address of the page says so.
 */
export function startWorker(): { readonly worker: Worker; readonly isSimulated: boolean } {
  const code = document.querySelector('#worker')?.textContent;
  const isSimulated = code !== undefined || new URLSearchParams(location.search).has(SIMULATED);
  const url = code === undefined ? '/worker.js' : URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  return { worker: new Worker(url, { name: isSimulated ? SIMULATED : '' }), isSimulated };
}
