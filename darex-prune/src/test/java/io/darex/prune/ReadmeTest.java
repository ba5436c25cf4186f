package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.delta.ApplyJob;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README's "Prune from Java", compiled, run and compared with the README letter by letter. */
class ReadmeTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("    // README begins\n(.*?)\n    // README ends", Pattern.DOTALL);

  @TempDir private Path folder;

  private static String prune(Path base, Path tuned, Path delta, Path pruned) throws IOException {
    // README begins
    Recipe recipe = Recipe.of(Map.of("bytes", "400KB")); // the signs of the largest entries
    PruneJob job = PruneJob.open(base, tuned, recipe); // two folders, or two files
    PruneJob.Outcome outcome = job.run(delta, WriteOptions.defaults());
    String kept = outcome.kept() + " of " + outcome.entries() + " entries";

    ApplyJob.open(base, delta).run(pruned, WriteOptions.defaults()); // a folder again
    Checkpoint inMemory = SparseDeltaFile.read(delta).applyTo(HuggingFaceFolder.open(base));
    // README ends
    assertThat(Checkpoints.values(inMemory.tensors().get("w")))
        .isEqualTo(Checkpoints.values(HuggingFaceFolder.open(pruned).tensors().get("w")));
    return kept;
  }

  @Test
  void prunesAndAppliesAndRefusesAnotherBase() throws IOException {
    Tensor weight = Checkpoints.random(1, "w", 0.05, 30, 40);
    Path base = write("base", weight);
    Path tuned = write("tuned", Checkpoints.tuned(2, weight, "w"));
    Path delta = folder.resolve("delta.safetensors");

    assertThat(prune(base, tuned, delta, folder.resolve("pruned"))).endsWith("of 1200 entries");

    Path other = write("other", Checkpoints.random(3, "w", 0.05, 30, 40));
    assertThatThrownBy(() -> ApplyJob.open(other, delta))
        .isInstanceOf(MismatchException.class)
        .hasMessageStartingWith("wrong base");
  }

  private Path write(String name, Tensor weight) throws IOException {
    Path file = folder.resolve(name + ".safetensors");
    Safetensors.write(file, List.of(weight), Map.of(), true);
    return file;
  }

  @Test
  void theReadmeShowsThisCode() throws IOException {
    String source =
        Files.readString(Path.of("src", "test", "java", "io/darex/prune", "ReadmeTest.java"));
    Matcher example = EXAMPLE.matcher(source);
    assertThat(example.find()).isTrue();
    assertThat(Path.of("..", "README.md"))
        .content()
        .contains("```java\n" + example.group(1).indent(-4).stripTrailing() + "\n```");
  }
}
