/** What a transport is told of the page that it runs in. */
export interface PageEvents {
  /** The network may have changed, or the page didn't run for a while: connections may be dead without notice. */
  resumed(): void;
  /** The page goes to the back/forward cache, where its connections are closed. */
  suspended(): void;
  /** The page is closed. What is sent now is the last. */
  left(): void;
}

type Listen = (target: object | undefined, type: string, listener: (event: unknown) => void) => void;

/**
 * Watches the page or worker that this runs in. Returns a function that ends it. Does nothing in runtimes without pages. Workers
 * are told of the network only: they end with their page, without notice.
 */
export function watchPage(events: PageEvents): () => void {
  const ended: (() => void)[] = [];
  const listen: Listen = (target, type, listener) => {
    if (!isEventTarget(target)) return;
    target.addEventListener(type, listener);
    ended.push(() => target.removeEventListener(type, listener));
  };
  const { document, navigator } = globalThis as {
    document?: object;
    navigator?: { onLine?: unknown; connection?: object };
  };
  if (typeof navigator?.onLine === 'boolean') {
    listen(globalThis, 'online', events.resumed);
    listen(navigator.connection, 'change', events.resumed);
  }
  if (document !== undefined) watchDocument(document, listen, events);
  return () => {
    for (const end of ended.splice(0)) end();
  };
}

function watchDocument(document: object, listen: Listen, events: PageEvents): void {
  listen(document, 'visibilitychange', () => {
    if ((document as { visibilityState?: unknown }).visibilityState === 'visible') events.resumed();
  });
  listen(document, 'resume', events.resumed);
  listen(globalThis, 'pageshow', (event) => {
    if (isPersisted(event)) events.resumed();
  });
  listen(globalThis, 'pagehide', (event) => {
    if (isPersisted(event)) events.suspended();
    else events.left();
  });
}

/** Does the page go to the back/forward cache, or come from there? */
function isPersisted(event: unknown): boolean {
  return (event as { persisted?: unknown } | null)?.persisted === true;
}

function isEventTarget(target: object | undefined): target is EventTarget {
  return typeof (target as { addEventListener?: unknown } | undefined)?.addEventListener === 'function';
}
