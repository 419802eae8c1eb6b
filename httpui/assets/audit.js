// What the page gains from a script. It is complete without one: nothing here
// is the only way to anything, and nothing happens before the reader acts.

for (const root of document.querySelectorAll('.audit')) {
  submitPerPage(root);
  offerOwnZone(root);
  walkBars(root);
  findWhileTyping(root);
  closeMenus(root);
  followExports(root);
}

// The choice of a page's size takes effect at once, so "Set" is not needed.
function submitPerPage(root) {
  for (const form of root.querySelectorAll('.audit-perpage')) {
    form.querySelector('button').hidden = true;
    form.querySelector('select').addEventListener('change', () => form.requestSubmit());
  }
}

// The zones to choose from include the browser's own. Choosing stays the
// reader's.
function offerOwnZone(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  for (const select of root.querySelectorAll('select[name="tz"]')) {
    if (![...select.options].some((option) => option.value === zone)) {
      select.add(new Option(zone, zone));
    }
  }
}

// The chart's bars are one stop of the Tab key; arrow keys lead from one to the
// next. That leaves nothing to skip.
function walkBars(root) {
  for (const chart of root.querySelectorAll('.audit-chart')) {
    const bars = [...chart.querySelectorAll('svg a')];
    if (!bars.length) continue;
    chart.querySelector('.audit-skip').hidden = true;
    // The newest one is what most readers are after.
    let current = bars.length - 1;
    bars.forEach((bar, i) => bar.setAttribute('tabindex', i === current ? 0 : -1));
    chart.addEventListener('focusin', (event) => {
      const i = bars.indexOf(event.target);
      if (i < 0) return;
      bars[current].setAttribute('tabindex', -1);
      bars[i].setAttribute('tabindex', 0);
      current = i;
    });
    chart.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const next = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: bars.length - 1 }[event.key];
      if (next === undefined || !bars.includes(event.target)) return;
      event.preventDefault();
      bars[Math.min(Math.max(next, 0), bars.length - 1)].focus();
    });
  }
}

// What is typed to find a value narrows the ones that are already here; the
// button asks for the others.
function findWhileTyping(root) {
  for (const input of root.querySelectorAll('.audit-find input')) {
    const options = [...input.closest('fieldset').querySelectorAll('.audit-options label')];
    input.addEventListener('input', () => {
      const start = input.value.trim().toLowerCase();
      for (const option of options) {
        option.hidden = !option.textContent.trim().toLowerCase().startsWith(start) && !option.querySelector('input').checked;
      }
    });
  }
}

// A menu closes by the Escape key, which leads back to its button, and by a
// click anywhere else. The click itself comes first: nothing moves under it.
function closeMenus(root) {
  const open = () => root.querySelectorAll('.audit-menu[open]');
  document.addEventListener('click', (event) => {
    for (const menu of open()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector('summary').focus();
    }
  });
}

// A large export shows how far it has come, and can be cancelled. The link
// downloads all the same: where the server knows nothing of the key that was
// made up here, since another replica makes the file, there is no bar.
function followExports(root) {
  const menu = root.querySelector('.audit-export[data-running]');
  if (!menu) return;
  menu.addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link) return;
    const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const address = new URL(link.href);
    address.searchParams.set('progress', key);
    link.href = address;
    menu.open = false;
    followExport(menu, new URL('exports/' + key, address));
  });
}

function followExport(menu, address) {
  const words = menu.dataset;
  const bar = document.createElement('progress');
  const rows = document.createElement('span');
  const end = document.createElement('span');
  const stop = document.createElement('button');
  bar.setAttribute('aria-label', menu.querySelector('summary').textContent);
  end.setAttribute('role', 'status');
  stop.type = 'button';
  stop.textContent = words.stop;
  stop.addEventListener('click', () => fetch(address, { method: 'DELETE' }));
  const box = document.createElement('div');
  box.className = 'audit-progress';
  box.append(bar, rows, end, stop);
  const number = (n) => n.toLocaleString(document.documentElement.lang || undefined);
  let asked = 0;
  const ask = async () => {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      // It may not have begun yet.
      if (++asked < 5 && !box.isConnected) setTimeout(ask, 1000);
      else box.remove();
      return;
    }
    const { state, rows: n, of } = await answer.json();
    if (state === 'running') {
      if (!box.isConnected) menu.after(box);
      bar.max = Math.max(of, 1);
      bar.value = n;
      rows.textContent = words.running.replace('{rows}', number(n)).replace('{of}', number(of));
      setTimeout(ask, 500);
    } else if (box.isConnected) {
      end.textContent = words[state];
      for (const part of [bar, rows, stop]) part.remove();
      setTimeout(() => box.remove(), 5000);
    }
  };
  setTimeout(ask, 700);
}
