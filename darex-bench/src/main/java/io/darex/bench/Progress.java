package io.darex.bench;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far work is and how long it will still take: a bar on a terminal, a plain line every
 * ten seconds elsewhere, nothing when quiet.
 */
public final class Progress implements AutoCloseable {
  private static final long LINE_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private final String task;
  private final long total;
  private final long start = System.nanoTime();
  private final ProgressBar bar;
  private long lastLine = start;
  private long done;

  private Progress(Console console, String task, long total, ProgressBar bar) {
    this.console = console;
    this.task = task;
    this.total = total;
    this.bar = bar;
  }

  static Progress start(Console console, String task, long total) {
    // The launcher knows whether standard error is a terminal; Java 17 cannot tell.
    boolean terminal = Boolean.getBoolean("darex.terminal");
    ProgressBar bar =
        console.quiet() || !terminal
            ? null
            : new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                .build();
    return new Progress(console, task, total, bar);
  }

  /** Counts one more step done and shows {@code note} beside it. */
  public void step(String note) {
    done++;
    if (bar != null) {
      bar.setExtraMessage(" " + note);
      bar.step();
    } else if (System.nanoTime() - lastLine > LINE_EVERY_NANOS) {
      lastLine = System.nanoTime();
      double left = (lastLine - start) * 1e-9 / done * (total - done);
      console.say(
          String.format(Locale.ROOT, "%s %d/%d, %.0f s left  %s", task, done, total, left, note));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
