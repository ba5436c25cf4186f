package io.darex.prune.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "400KB, 400KB, 400000",
    "400 kb, 400KB, 400000",
    "1.50MB, 1.5MB, 1500000",
    "2000, 2000B, 2000",
    "2000B, 2000B, 2000",
    "3G, 3GB, 3000000000",
    "1%, 1%, 1234",
    "0.5%, 0.5%, 617",
    "100%, 100%, 123456",
  })
  void readsWhatPeopleWrite(String text, String canonical, long bytes) {
    ByteSize size = ByteSize.of(text);
    assertThat(size).hasToString(canonical);
    assertThat(size.bytes(123_456)).isEqualTo(bytes);
    assertThat(ByteSize.of(canonical)).isEqualTo(size);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "KB",
        "-1KB",
        "1e3",
        "0",
        "0%",
        "101%",
        "0.1B",
        "999999999999999GB",
        "1 000",
        "NaN"
      })
  void refusesOthers(String text) {
    assertThatThrownBy(() -> ByteSize.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a size such as 400KB, 1.5MB or 1%, got '" + text + "'");
  }
}
