// Pubsub_fake serves Google's in-memory Pub/Sub on 127.0.0.1 until its standard input closes.
//
// A closed input means that whoever started it is gone, so no test run leaves one behind.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 lets the system choose")
	flag.Parse()
	if *port < 0 || *port > 65535 {
		log.Fatalf("port %d, expected 0 to 65535", *port)
	}
	server := pstest.NewServerWithPort(*port)
	defer server.Close()
	fmt.Println(server.Addr)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatalf("standard input: %v", err)
	}
}
