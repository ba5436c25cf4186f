package io.darex.bench.cluster;

import io.darex.bench.config.RecipeConfig;
import io.darex.prune.checkpoint.DividedPruning;
import io.darex.prune.checkpoint.PruneJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One part of a divided pruning job, on one thread.
 *
 * @param base the pre-trained checkpoint, as every machine calls it
 * @param tuned the fine-tuned one
 * @param recipe what options and file say, by key
 * @param tool name and version of the program
 * @param file where the part goes
 * @param names of its tensors
 * @param entries how many entries they have together
 */
public record PartWork(
    String base,
    String tuned,
    Map<String, ?> recipe,
    String tool,
    String file,
    List<String> names,
    long entries)
    implements Work {
  /** Copies map and list, to such as can be sent. */
  public PartWork {
    recipe = new TreeMap<>(recipe);
    names = List.copyOf(names);
  }

  /** The part's file. */
  @Override
  public String run() throws IOException {
    PruneJob.Recipe read = RecipeConfig.of(recipe).job(tool);
    PruneJob job = PruneJob.open(Path.of(base), Path.of(tuned), read);
    new DividedPruning(job).prune(new DividedPruning.Part(Path.of(file), names, entries), 1);
    return file;
  }
}
