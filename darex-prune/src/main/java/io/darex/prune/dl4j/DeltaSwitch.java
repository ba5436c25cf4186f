package io.darex.prune.dl4j;

import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.Names;
import io.darex.prune.NonFiniteException;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * One base model in memory and many sparse deltas, of which one at most is on. Moving from one to
 * another takes time proportional to their kept entries:
 *
 * <pre>{@code
 * DeltaSwitch tasks = new DeltaSwitch(ModelWeights.of(network)); // holds the base's weights
 * tasks.add("cola", SparseDeltaFile.read(cola));
 * tasks.add("sst2", SparseDeltaFile.read(sst2));
 * INDArray logits = tasks.with("cola", () -> network.output(batch));
 * }</pre>
 *
 * <p>While a delta is on, the parameters equal those of {@link SparseDelta#applyTo} bit for bit:
 * {@code base + kept / q} in fp32, and its whole tensors in place of the base's. When it goes off,
 * the values it has overwritten are put back, never computed, so that the base is the same after
 * any number of switches. A switch that fails, whatever the reason, leaves the base.
 *
 * <p>All methods are safe for use by many threads, and whoever reads the model through {@link
 * #with}, {@link #withBase} or {@link #read} never sees half a switch: readers share a lock, a
 * switch has it alone, and neither waits for ever since the lock is given in order of arrival. Work
 * done there must not itself switch to another delta (an error says so), nor wait for another
 * thread that reads. It may run at the same time as other work, so the model must allow that: DL4J
 * networks take one caller at a time by themselves.
 *
 * <p>The model belongs to this object as long as deltas are used: its arrays are held by reference,
 * and values put back would undo training at the kept entries only. To train, go {@linkplain
 * #toBase() to the base} first; what the base then becomes is what deltas are added to. That a
 * delta was made from this very base is for {@link
 * io.darex.prune.folder.CheckpointDigest#requireBase} to say, before.
 */
public final class DeltaSwitch {
  private final SortedMap<String, Parameter> parameters;
  private final Map<String, List<Change>> deltas = new ConcurrentHashMap<>();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
  private final Overwritten overwritten = new Overwritten();

  /** The delta that is on, null for the base; changed only under the write lock. */
  private volatile String current;

  /** Switches the model these weights are of; what they are now is the base. */
  public DeltaSwitch(ModelWeights base) {
    parameters = base.parameters();
  }

  /**
   * Adds a delta without switching to it. Its values are read at every switch from where they are:
   * those of a file stay mapped.
   *
   * @throws IllegalArgumentException if there is one of that name
   * @throws MismatchException listing every tensor, kept or whole, that the model lacks or has in
   *     another shape, or that is none of F32, F16 and BF16; names match as in {@link
   *     SparseDelta#applyTo}
   */
  public void add(String name, SparseDelta delta) {
    if (deltas.putIfAbsent(Objects.requireNonNull(name), changes(delta)) != null) {
      throw new IllegalArgumentException("there is already a delta called " + name);
    }
  }

  /**
   * Removes a delta; goes to the base if it is on.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public void remove(String name) {
    alone(
        () -> {
          changes(name);
          if (name.equals(current)) {
            become(null);
          }
          deltas.remove(name);
        });
  }

  /** The names of all deltas. */
  public SortedSet<String> names() {
    return new TreeSet<>(deltas.keySet());
  }

  /** The delta that is on, empty for the base; it may be another as soon as this returns. */
  public Optional<String> current() {
    return Optional.ofNullable(current);
  }

  /**
   * Switches to a delta.
   *
   * @throws IllegalArgumentException if there is none of that name; nothing has changed then
   * @throws NonFiniteException if base + kept / q is not finite; the base is on then
   */
  public void to(String name) {
    Objects.requireNonNull(name);
    alone(() -> become(name));
  }

  /** Goes back to the base. */
  public void toBase() {
    alone(() -> become(null));
  }

  /**
   * Does {@code work} on a delta, switching to it first if it is not on, and returns what {@code
   * work} does. It stays on.
   *
   * @throws IllegalArgumentException if there is none of that name; nothing has changed then
   * @throws NonFiniteException if base + kept / q is not finite; the base is on then
   */
  public <T> T with(String delta, Supplier<T> work) {
    return on(Objects.requireNonNull(delta), work);
  }

  /** Does {@code work} on the base, switching to it first if it is not on. */
  public <T> T withBase(Supplier<T> work) {
    return on(null, work);
  }

  /** Does {@code work} on whatever is on. */
  public <T> T read(Supplier<T> work) {
    lock.readLock().lock();
    try {
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Bytes that are held to put the base back: six for every entry that the delta that is on keeps
   * or carries whole. What the deltas themselves hold is apart.
   */
  public long overwrittenBytes() {
    return read(overwritten::bytes);
  }

  private <T> T on(String delta, Supplier<T> work) {
    lock.readLock().lock();
    try {
      if (Objects.equals(current, delta)) {
        return work.get();
      }
    } finally {
      lock.readLock().unlock();
    }
    requireNoReading();
    lock.writeLock().lock();
    try {
      become(delta);
      // Taken before the other is given back, so that nobody switches in between.
      lock.readLock().lock();
    } finally {
      lock.writeLock().unlock();
    }
    try {
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  private void alone(Runnable change) {
    requireNoReading();
    lock.writeLock().lock();
    try {
      change.run();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void requireNoReading() {
    if (lock.getReadHoldCount() > 0) {
      throw new IllegalStateException(
          "work on "
              + (current == null ? "the base" : "delta " + current)
              + " must end before the same thread can switch: it would wait for itself");
    }
  }

  private void become(String name) {
    if (Objects.equals(current, name)) {
      return;
    }
    List<Change> changes = name == null ? List.of() : changes(name);
    overwritten.putBack();
    current = null;
    try {
      changes.forEach(change -> change.apply(overwritten));
      current = name;
    } finally {
      if (!Objects.equals(current, name)) {
        overwritten.putBack();
      }
    }
  }

  private List<Change> changes(String name) {
    List<Change> changes = deltas.get(name);
    if (changes == null) {
      throw new IllegalArgumentException("there is no delta called " + name + ", only " + names());
    }
    return changes;
  }

  private List<Change> changes(SparseDelta delta) {
    TreeSet<String> tuned = new TreeSet<>(delta.kept().keySet());
    tuned.addAll(delta.whole().keySet());
    Names matching = new Names(tuned, parameters.keySet());
    List<String> problems = new ArrayList<>();
    SortedMap<String, String> names = matching.match(tuned, problems);
    for (String name : tuned) {
      if (matching.candidates(name).isEmpty()) {
        problems.add("tensor " + name + ": the model has none of that name");
      }
    }
    List<Change> changes = new ArrayList<>();
    delta
        .kept()
        .forEach(
            (name, kept) -> {
              if (names.containsKey(name)) {
                Parameter parameter = parameters.get(names.get(name));
                ModelWeights.checkShape(parameter, name, kept.shape(), problems);
                changes.add(new KeptChange(parameter, kept, (float) delta.scale().q(name)));
              }
            });
    delta
        .whole()
        .forEach(
            (name, tensor) -> {
              if (names.containsKey(name)) {
                Parameter parameter = parameters.get(names.get(name));
                ModelWeights.check(parameter, tensor, problems);
                changes.add(new WholeChange(parameter, tensor));
              }
            });
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return List.copyOf(changes);
  }

  /** What a delta does to one parameter. */
  private interface Change {
    void apply(Overwritten overwritten);
  }

  private record KeptChange(Parameter parameter, KeptTensor kept, float q) implements Change {
    @Override
    public void apply(Overwritten overwritten) {
      parameter.edit(
          elements ->
              kept.forEachScaled(
                  q,
                  (start, offsets, values) -> {
                    float[] before = elements.get(start, offsets);
                    for (int i = 0; i < values.length; i++) {
                      float after = before[i] + values[i];
                      values[i] = NonFiniteException.check(kept.name(), start + offsets[i], after);
                    }
                    overwritten.add(parameter, start, offsets, before);
                    elements.set(start, offsets, values);
                  }));
    }
  }

  private record WholeChange(Parameter parameter, Tensor tensor) implements Change {
    private static final char[] EVERY_OFFSET = new char[TensorMask.BLOCK];

    static {
      for (int i = 0; i < EVERY_OFFSET.length; i++) {
        EVERY_OFFSET[i] = (char) i;
      }
    }

    @Override
    public void apply(Overwritten overwritten) {
      parameter.edit(
          elements -> {
            for (long start = 0; start < tensor.count(); start += TensorMask.BLOCK) {
              int length = (int) Math.min(TensorMask.BLOCK, tensor.count() - start);
              float[] after = new float[length];
              tensor.read(start, after, 0, length);
              for (int i = 0; i < length; i++) {
                NonFiniteException.check(tensor.name(), start + i, after[i]);
              }
              float[] before = new float[length];
              elements.read(start, before, 0, length);
              overwritten.add(parameter, start, EVERY_OFFSET, before);
              elements.write(start, after, length);
            }
          });
    }
  }
}
