package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MismatchExceptionTest {
  /** Names come from files that may be hostile: U+2028, U+2029 and U+0085 break lines too. */
  @Test
  void aNameBreaksNoLine() {
    MismatchException thrown =
        new MismatchException(List.of("a\u2028b is missing", "c\r\n\u0085d\u2029e has no pair"));

    assertThat(thrown)
        .hasMessage("a\\u2028b is missing; c\\u000d\\u000a\\u0085d\\u2029e has no pair");
    assertThat(thrown.problems())
        .containsExactly("a\\u2028b is missing", "c\\u000d\\u000a\\u0085d\\u2029e has no pair");
  }
}
