/** The style of the page: a light and a dark palette, and one or two columns. */
export const style = /* css */ `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9;
  --card: #ffffff;
  --text: #1b2230;
  --quiet: #586174;
  --line: #d7dce5;
  --accent: #2456d6;
  --on-accent: #ffffff;
  --good: #0d6b3c;
  --bad: #b3261e;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151c;
    --card: #1b202a;
    --text: #e7eaf0;
    --quiet: #a3adbf;
    --line: #343c4b;
    --accent: #8db0ff;
    --on-accent: #0d1526;
    --good: #6fd39c;
    --bad: #ff9a90;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0 auto;
  padding: 2rem 1.25rem 4rem;
  max-width: 60rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 {
  margin: 0;
  font-size: clamp(2rem, 6vw, 2.75rem);
  line-height: 1.15;
  letter-spacing: -0.02em;
}
h2 {
  margin: 2.5rem 0 0.75rem;
  font-size: 1.25rem;
}
h3,
h4,
p {
  margin: 0;
}
h3 {
  font-size: 1rem;
}
header p:not(.package),
section > p {
  max-width: 42rem;
}
h1 + p {
  margin-top: 0.75rem;
}
.package {
  color: var(--accent);
  font: 600 0.875rem/2 var(--mono);
}
code,
pre {
  font-family: var(--mono);
  font-size: 0.9em;
}
a {
  color: var(--accent);
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

form {
  display: grid;
  gap: 0.75rem;
}
fieldset {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin: 0;
  padding: 0;
  border: 0;
  min-width: 0;
}
legend {
  margin-bottom: 0.35rem;
  padding: 0;
  color: var(--quiet);
  font-size: 0.875rem;
}
fieldset > label {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  padding: 0.5rem 0.85rem;
  border: 1px solid var(--line);
  border-radius: 0.6rem;
  background: var(--card);
  cursor: pointer;
}
fieldset > label:has(:checked) {
  border-color: var(--accent);
  box-shadow: inset 0 0 0 1px var(--accent);
}
input[type='radio'] {
  margin: 0;
  accent-color: var(--accent);
}
.own {
  display: flex;
  flex-wrap: wrap;
  gap: 0.75rem;
  flex-basis: 100%;
}
.own[hidden] {
  display: none;
}
.own label {
  flex: 1 1 14rem;
  color: var(--quiet);
  font-size: 0.875rem;
}
.own input {
  display: block;
  width: 100%;
  padding: 0.5rem 0.65rem;
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  background: var(--card);
  color: var(--text);
  font: 1rem/1.5 var(--mono);
}

.routes {
  display: grid;
  gap: 0.75rem;
  margin: 0;
  padding: 0;
  list-style: none;
}
.routes > li {
  min-width: 0;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--card);
}
.route {
  display: grid;
  grid-template-columns: 1fr auto;
  gap: 0.25rem 1rem;
  align-items: center;
  padding: 0.9rem 1rem;
}
.route > p {
  grid-column: 1;
  color: var(--quiet);
}
.route > .who {
  color: var(--text);
  font-weight: 600;
}
button {
  grid-column: 2;
  grid-row: 1 / span 3;
  padding: 0.55rem 1.3rem;
  border: 0;
  border-radius: 0.6rem;
  background: var(--accent);
  color: var(--on-accent);
  font: 600 1rem/1.4 system-ui, sans-serif;
  cursor: pointer;
}
button:disabled {
  opacity: 0.6;
}
@media (min-width: 48rem) {
  .route {
    grid-template-columns: 10rem 7rem 1fr auto;
  }
  .route > *,
  .route > p {
    grid-column: auto;
    grid-row: auto;
  }
}

.exchange:not(:empty) {
  padding: 0 1rem 1rem;
}
.status:not(:empty) {
  padding: 0.9rem 1rem 0;
  border-top: 1px solid var(--line);
  font: 700 1rem/1.5 var(--mono);
  color: var(--good);
}
[data-outcome='refused'] .status {
  color: var(--bad);
}
h4 {
  margin-top: 0.6rem;
  color: var(--quiet);
  font-size: 0.8125rem;
  font-weight: 600;
}
pre {
  margin: 0.2rem 0 0;
  padding: 0.6rem 0.75rem;
  max-height: 16rem;
  overflow: auto;
  border-radius: 0.4rem;
  background: var(--ground);
  line-height: 1.5;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
`;
