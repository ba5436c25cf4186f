package io.darex.bench;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongFunction;
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
  private final LongFunction<String> unit;
  private final long start = System.nanoTime();
  private final ProgressBar bar;
  private long lastLine = start;
  private long done;

  private Progress(
      Console console, String task, long total, LongFunction<String> unit, ProgressBar bar) {
    this.console = console;
    this.task = task;
    this.total = total;
    this.unit = unit;
    this.bar = bar;
  }

  static Progress start(Console console, String task, long total) {
    return new Progress(console, task, total, Long::toString, bar(console, task, total, "", 1));
  }

  /** Progress counted in bytes. */
  static Progress ofBytes(Console console, String task, long total) {
    return new Progress(
        console, task, total, Size::text, bar(console, task, total, " MB", 1_000_000));
  }

  private static ProgressBar bar(
      Console console, String task, long total, String unit, long unitSize) {
    // The launcher knows whether standard error is a terminal; Java 17 cannot tell.
    boolean terminal = Boolean.getBoolean("darex.terminal");
    return console.quiet() || !terminal
        ? null
        : new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUnit(unit, unitSize)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new ConsoleProgressBarConsumer(console.err()))
            .build();
  }

  /** Counts one more step done and shows {@code note} beside it. */
  public void step(String note) {
    add(1, note);
  }

  /** Counts so many more done; any thread may call it. */
  public void add(long more) {
    add(more, "");
  }

  private synchronized void add(long more, String note) {
    done += more;
    if (bar != null) {
      bar.setExtraMessage(" " + note);
      bar.stepBy(more);
    } else if (System.nanoTime() - lastLine > LINE_EVERY_NANOS) {
      lastLine = System.nanoTime();
      double left = (lastLine - start) * 1e-9 / done * (total - done);
      console.say(
          String.format(
                  Locale.ROOT,
                  "%s %s/%s, %.0f s left  %s",
                  task,
                  unit.apply(done),
                  unit.apply(total),
                  Math.max(0, left),
                  note)
              .stripTrailing());
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
