package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.TensorMask;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps nothing of a tensor and is otherwise like another mask, whose q the tensor has too: there
 * is nothing that it would scale.
 */
record Nothing(Mask like) implements DrawnMask {
  @Override
  public String kind() {
    return like.kind();
  }

  @Override
  public double dropRate() {
    return 1;
  }

  @Override
  public double keepRate() {
    return like.keepRate();
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new TreeMap<>(like.parameters());
    parameters.put(DropRate.PARAMETER.key(), dropRate());
    return parameters;
  }

  @Override
  public Mask withSeed(long seed) {
    return new Nothing(like.withSeed(seed));
  }

  @Override
  public PlaceStorage places() {
    return like.places();
  }

  @Override
  public boolean canKeep(long kept, long count) {
    return kept == 0;
  }

  @Override
  public TensorMask on(String name, long[] shape) {
    return Choice.NOTHING.on(name);
  }

  @Override
  public Choice choose(Delta delta, int threads) {
    return Choice.NOTHING;
  }
}
