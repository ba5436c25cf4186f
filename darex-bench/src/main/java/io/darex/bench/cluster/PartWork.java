package io.darex.bench.cluster;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.delta.DividedPruning;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One part of a divided pruning job, on one thread.
 *
 * @param base the pre-trained checkpoint, as every machine calls it
 * @param tuned the fine-tuned one
 * @param recipe as {@link Recipe#json} has it
 * @param file where the part goes
 * @param names of its tensors
 * @param entries how many entries they have together
 */
public record PartWork(
    String base, String tuned, String recipe, String file, List<String> names, long entries)
    implements Work {
  /** Copies the list, to one that can be sent. */
  public PartWork {
    names = List.copyOf(names);
  }

  /** The part's file. */
  @Override
  public String run() throws IOException {
    TypeReference<Map<String, Object>> type = new TypeReference<>() {};
    Recipe read = Recipe.of(new ObjectMapper().readValue(recipe, type));
    PruneJob job = PruneJob.open(Path.of(base), Path.of(tuned), read);
    new DividedPruning(job).prune(new DividedPruning.Part(Path.of(file), names, entries), 1);
    return file;
  }
}
