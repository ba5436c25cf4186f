package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two cells never share a file: one delta would be reported with the other's score. */
class DeltaNamesTest {
  private static final OutputFolder FOLDER = new OutputFolder(Path.of("out"));

  private static String name(String method) {
    return FOLDER.delta("0.99", method, 3).getFileName().toString();
  }

  @Test
  void methodsThatDifferHaveOtherFiles() {
    List<String> methods =
        List.of(
            "q-labelled",
            "q-labelled seeds [7, 8]",
            "q-labelled seeds [78]",
            "only [a*] none",
            "only [a_*] none",
            "only [*a] none",
            "n:m m 4 n 2 none",
            "only [" + "a".repeat(300) + "]",
            "only [" + "a".repeat(301) + "]");

    assertThat(methods).extracting(DeltaNamesTest::name).doesNotHaveDuplicates();
    assertThat(methods).extracting(DeltaNamesTest::name).allMatch(name -> name.length() < 200);
    // Files of earlier runs are found under their names.
    assertThat(name("q-labelled")).isEqualTo("0.99-q-labelled-3.safetensors");
    assertThat(name("n:m m 4 n 2 none")).isEqualTo("0.99-n-m-m-4-n-2-none-3.safetensors");
  }
}
