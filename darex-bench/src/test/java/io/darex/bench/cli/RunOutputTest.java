package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code darex run} prints of several fine-tunes. */
class RunOutputTest {
  @TempDir private Path folder;

  @Test
  void theTableIsOfAllSeedsAndJsonIsTheResults() throws IOException {
    Path config =
        TinySweeps.in(folder)
            .config(
                "seeds",
                """
                task: TASK
                encoder: ENCODER
                finetune: {learningRate: 1.0e-2, epochs: 1, maxLength: 32, seed: [0, 1]}
                prune: {mask: random, dropRate: [0.5, 0.9], rescale: inverse-keep-rate, seeds: 0}
                """);
    Path out = folder.resolve("out");

    Darex.Outcome run = Darex.run("run", config, "--out", out);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("\n\ncheckpoint +file +drop rate +dev +validation\n")
        .containsPattern("\ntuned +– +– +[0-9.]+ ± [0-9.]+ +[0-9.]+ ± [0-9.]+\n")
        .containsPattern("\ninverse-keep-rate +\\d+ KB +0\\.5 +[0-9.]+ ± [0-9.]+ +[0-9.]+ ± ")
        .endsWith("\n\n" + out.resolve("report.html") + "\n");
    assertThat(run.err()).doesNotContain("report.html", "inverse-keep-rate  ");

    Darex.Outcome json = Darex.run("run", config, "--out", out, "--json");

    assertThat(json.code()).as(json.err()).isZero();
    assertThat(json.out())
        .isEqualTo(Files.readString(out.resolve("results.json")))
        .contains("\"finetunes\"");
    assertThat(Darex.run("run", config, "--out", out, "--dry-run").out())
        .contains("fine-tune, seed 0: done\nfine-tune, seed 1: done\ncells: 0 of 4 to do\n")
        .contains("disk: 0 B more in the end\n");
  }
}
