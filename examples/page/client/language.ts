// WebKitGTK reports the POSIX locale as the language "C", which Intl refuses. uPlot formats numbers in this language.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' });
}
