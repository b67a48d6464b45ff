// Seconds tick on live calls; a page that nobody looks at does not ask.
function lasted(seconds) {
  const two = (value) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

setInterval(() => {
  if (!document.querySelector('#live[hx-get]')) return;
  for (const place of document.querySelectorAll('[data-since]')) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(place.dataset.since)) / 1000));
    place.textContent = lasted(seconds);
  }
}, 1000);

document.addEventListener('htmx:afterRequest', (event) => {
  if (event.target.id !== 'live') return;
  const { successful, xhr } = event.detail;
  document.getElementById('live-lost').hidden = successful || xhr.status === 401;
});

document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.target.id === 'live' && document.hidden) event.preventDefault();
});
