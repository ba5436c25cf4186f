package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.config.RunConfig;
import io.darex.bench.encoder.Engine;
import io.darex.bench.task.Example;
import io.darex.bench.task.TaskData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobTest {
  private static final List<Example> EXAMPLES = List.of(Example.of("a", 0), Example.of("b", 1));

  @TempDir Path folder;

  private String digest(String more) throws IOException {
    RunConfig config =
        RunConfig.read(Files.writeString(folder.resolve("run.yml"), "task: cola\n" + more));
    TaskData data = new TaskData(EXAMPLES, EXAMPLES, EXAMPLES);
    return Job.digest(config, config.finetunes().get(0), data, Optional.empty());
  }

  /** Each rounds in its own way; what says nothing keeps the number it has always had. */
  @Test
  void anEngineThatIsAskedForMakesAnotherJob() throws IOException {
    assertThat(digest("engine: auto\n")).isEqualTo(digest(""));
    Set<String> digests = new HashSet<>();
    for (Engine engine : Engine.values()) {
      digests.add(digest("engine: " + engine + "\n"));
    }
    digests.add(digest("engine: torch\ndevice: cpu\n"));
    digests.add(digest("engine: torch\nprecision: bf16\n"));
    assertThat(digests).hasSize(Engine.values().length + 2);
  }
}
