package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Parallel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * Finds the cut that keeps exactly ⌈z·(1−p)⌉ of the z non-zeros in any number of elements, the
 * largest first and of equals the ones that come first. Reads everything twice and remembers two
 * histograms: the upper sixteen bits of a magnitude find a bin, the lower fifteen the value in it.
 * Only where some but not all of the entries equal to the threshold are kept are they looked for in
 * a third pass.
 */
final class Selection {
  private static final int LOW_BITS = 15;
  private static final int LOW = (1 << LOW_BITS) - 1;

  /** No finite number has these upper bits, so here the zeros are counted. */
  private static final int ZEROS = (1 << 16) - 1;

  private final List<Span> spans;
  private final int threads;

  /** Per span, the tasks up to its end; a task is a block's worth of elements of one span. */
  private final long[] ends;

  private Selection(List<Span> spans, int threads) {
    this.spans = spans;
    this.threads = threads;
    this.ends = new long[spans.size()];
    long tasks = 0;
    for (int i = 0; i < ends.length; i++) {
      tasks += TensorMask.blocks(spans.get(i).length);
      ends[i] = tasks;
    }
  }

  /**
   * Elements that are compared with each other.
   *
   * @param pair their tensor
   * @param from the flat index of the first
   * @param length how many there are
   */
  record Span(Delta.Pair pair, long from, long length) {
    static Span of(Delta.Pair pair) {
      return new Span(pair, 0, pair.tuned().count());
    }
  }

  /** The cut of one span. */
  static Cut cut(Span span, DropRate rate, int threads) {
    return cuts(List.of(span), rate, threads)[0];
  }

  /**
   * The cuts of several spans under one threshold; of equal magnitudes those in an earlier span
   * come first.
   */
  static Cut[] cuts(List<Span> spans, DropRate rate, int threads) {
    return new Selection(spans, threads).cuts(rate);
  }

  /** How many zeros there are in a span. */
  static long zeros(Span span, int threads) {
    return new Selection(List.of(span), threads).histogram(1, Selection::countZeros)[0];
  }

  private Cut[] cuts(DropRate rate) {
    long[] high = histogram(ZEROS + 1, Selection::countHigh);
    high[ZEROS] = 0;
    long wanted = rate.kept(Arrays.stream(high).sum());
    Cut[] cuts = new Cut[spans.size()];
    if (wanted == 0) {
      Arrays.fill(cuts, Cut.NOTHING);
      return cuts;
    }
    int top = binOf(high, wanted);
    wanted -= above(high, top);
    long[] low = histogram(LOW + 1, (bits, length, into) -> countLow(bits, length, top, into));
    int rest = binOf(low, wanted);
    wanted -= above(low, rest);
    int threshold = top << LOW_BITS | rest;
    Arrays.fill(cuts, new Cut(threshold, Long.MAX_VALUE));
    if (wanted < low[rest]) {
      cutTies(cuts, threshold, wanted);
    }
    return cuts;
  }

  /** The bin that holds the wanted-th largest. */
  private static int binOf(long[] histogram, long wanted) {
    int bin = histogram.length - 1;
    for (long seen = histogram[bin]; seen < wanted; seen += histogram[bin]) {
      bin--;
    }
    return bin;
  }

  private static long above(long[] histogram, int bin) {
    return Arrays.stream(histogram, bin + 1, histogram.length).sum();
  }

  /** Only the first {@code wanted} of the entries equal to the threshold stay. */
  private void cutTies(Cut[] cuts, int threshold, long wanted) {
    int tasks = Math.toIntExact(ends[ends.length - 1]);
    long[] ties = new long[tasks];
    scan(
        () ->
            (task, bits, length) -> {
              for (int i = 0; i < length; i++) {
                ties[(int) task] += bits[i] == threshold ? 1 : 0;
              }
            });
    long missing = wanted;
    int task = 0;
    while (ties[task] < missing) {
      missing -= ties[task++];
    }
    Share share = share(task);
    cuts[share.span] = new Cut(threshold, indexOfTie(share, threshold, missing));
    Arrays.fill(cuts, share.span + 1, cuts.length, new Cut(threshold, -1));
  }

  private static long indexOfTie(Share share, int threshold, long wanted) {
    int length = (int) (share.end - share.from);
    int[] bits = new Magnitudes(length).read(share.pair, share.from, length);
    long missing = wanted;
    int i = -1;
    while (missing > 0) {
      missing -= bits[++i] == threshold ? 1 : 0;
    }
    return share.from + i;
  }

  /** Adds to a histogram what a chunk of magnitudes has in each bin. */
  private interface Tally {
    void add(int[] bits, int length, long[] histogram);
  }

  private static void countHigh(int[] bits, int length, long[] histogram) {
    for (int i = 0; i < length; i++) {
      histogram[bits[i] == 0 ? ZEROS : bits[i] >>> LOW_BITS]++;
    }
  }

  private static void countLow(int[] bits, int length, int top, long[] histogram) {
    for (int i = 0; i < length; i++) {
      if (bits[i] >>> LOW_BITS == top) {
        histogram[bits[i] & LOW]++;
      }
    }
  }

  private static void countZeros(int[] bits, int length, long[] histogram) {
    int zeros = 0;
    for (int i = 0; i < length; i++) {
      zeros += bits[i] == 0 ? 1 : 0;
    }
    histogram[0] += zeros;
  }

  private long[] histogram(int bins, Tally tally) {
    List<long[]> ofThreads = Collections.synchronizedList(new ArrayList<>());
    scan(
        () -> {
          long[] own = new long[bins];
          ofThreads.add(own);
          return (task, bits, length) -> tally.add(bits, length, own);
        });
    long[] sum = ofThreads.get(0);
    for (long[] other : ofThreads.subList(1, ofThreads.size())) {
      Arrays.setAll(sum, bin -> sum[bin] + other[bin]);
    }
    return sum;
  }

  /** Sees one chunk of a task's magnitudes after another. */
  private interface Visitor {
    void see(long task, int[] bits, int length);
  }

  private void scan(Supplier<Visitor> perThread) {
    Parallel.forEach(
        threads,
        ends.length == 0 ? 0 : ends[ends.length - 1],
        () -> {
          Magnitudes magnitudes = new Magnitudes();
          Visitor visitor = perThread.get();
          return task -> {
            Share share = share(task);
            for (long from = share.from; from < share.end; from += Magnitudes.CHUNK) {
              int length = (int) Math.min(Magnitudes.CHUNK, share.end - from);
              visitor.see(task, magnitudes.read(share.pair, from, length), length);
            }
          };
        });
  }

  /** A task's share of its span. */
  private record Share(int span, Delta.Pair pair, long from, long end) {}

  private Share share(long task) {
    // The first span that ends after the task; empty ones end where their predecessor does.
    int span = 0;
    for (int high = ends.length - 1; span < high; ) {
      int middle = (span + high) >>> 1;
      if (ends[middle] > task) {
        high = middle;
      } else {
        span = middle + 1;
      }
    }
    Span whole = spans.get(span);
    long before = ends[span] - TensorMask.blocks(whole.length);
    long from = whole.from + (task - before) * TensorMask.BLOCK;
    long end = Math.min(whole.from + whole.length, from + TensorMask.BLOCK);
    return new Share(span, whole.pair, from, end);
  }
}
