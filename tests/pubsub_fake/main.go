// Pubsub_fake serves Google's in-memory Pub/Sub on 127.0.0.1 until its standard input closes; or a queue for load.
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
	forLoad := flag.Bool("lean", false, "a queue that takes next to nothing of the machine, and can do less")
	flag.Parse()
	if *port < 0 || *port > 65535 {
		log.Fatalf("port %d, expected 0 to 65535", *port)
	}
	if *forLoad {
		address, err := serveLean(*port)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(address)
	} else {
		server := pstest.NewServerWithPort(*port)
		defer server.Close()
		fmt.Println(server.Addr)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatalf("standard input: %v", err)
	}
}
