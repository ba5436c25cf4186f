package io.darex.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.darex.bench.serve.RefusedException.Reason;
import io.darex.bench.tokenizer.EncodedText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestTest {
  private static final EncodedText TEXT = new EncodedText(new int[] {1, 2}, new int[] {0, 0});

  private static Request request() {
    FineTune tuned = new FineTune(Path.of("file"), null, null, null, Way.UNMERGED, 0);
    assertThat(tuned.take()).isTrue();
    return new Request(tuned, List.of(TEXT, TEXT));
  }

  @Test
  void saysWhatToDoWhereMemoryIsShort() {
    Request request = request();
    request.items().get(1).fail(new OutOfMemoryError("Cannot allocate new FloatPointer(1)"));
    request.items().get(0).answer(new float[2]);
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> request.await(Duration.ofSeconds(1)))
        .withMessageStartingWith("expected memory for a batch of texts, got too little; ask for ")
        .matches(e -> e.reason() == Reason.MEMORY);
  }

  @Test
  void aFaultOfOneTextIsTheRequests() {
    Request request = request();
    RuntimeException fault = new IllegalArgumentException("one text");
    request.items().get(0).fail(fault);
    assertThat(request.items().get(1).dropIfUnwanted()).isTrue();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> request.await(Duration.ofSeconds(1)))
        .isSameAs(fault);
  }
}
