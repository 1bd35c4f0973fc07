import type { Child, FC } from 'hono/jsx'

/** Text with a button that copies it, where scripts run; its room is kept, so that nothing moves. */
export const Copyable: FC<{ class?: string; children?: Child }> = ({ class: name = 'code', children }) => (
  <div class="copyable">
    <pre class={name} tabindex={0} data-copy>
      {children}
    </pre>
  </div>
)

/** The same of a few characters within a line. */
export const CopyableCode: FC<{ children?: Child }> = ({ children }) => (
  <span class="copyable in-line">
    <code data-copy>{children}</code>
  </span>
)
