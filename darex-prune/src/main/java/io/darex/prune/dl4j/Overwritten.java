package io.darex.prune.dl4j;

import java.util.ArrayList;
import java.util.List;
import lombok.RequiredArgsConstructor;

/**
 * What a switch has overwritten: enough to put it all back, bit for bit, without asking the delta
 * again. Six bytes an entry.
 */
final class Overwritten {
  private final List<Run> runs = new ArrayList<>();

  /** Values of one parameter, at {@code start} plus each one's offset. */
  @RequiredArgsConstructor
  private static final class Run {
    private final Parameter parameter;
    private final long start;
    private final char[] offsets;
    private final float[] values;
  }

  /** Takes over values that are about to be overwritten, parameter after parameter. */
  void add(Parameter parameter, long start, char[] offsets, float[] values) {
    runs.add(new Run(parameter, start, offsets, values));
  }

  /** Puts every value back and forgets it. */
  void putBack() {
    for (int from = 0; from < runs.size(); ) {
      Parameter parameter = runs.get(from).parameter;
      int to = from;
      while (to < runs.size() && runs.get(to).parameter == parameter) {
        to++;
      }
      List<Run> own = runs.subList(from, to);
      parameter.edit(
          elements -> own.forEach(run -> elements.set(run.start, run.offsets, run.values)));
      from = to;
    }
    runs.clear();
  }

  /** Bytes of memory held. */
  long bytes() {
    return runs.stream()
        .mapToLong(run -> (long) run.values.length * (Character.BYTES + Float.BYTES))
        .sum();
  }
}
