package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	pullWait       = 500 * time.Millisecond // an empty pull answers after this, as Google's fake does
	pullMax        = 1000
	sweepEvery     = time.Second
	requestBytes   = 64 << 20
	defaultSeconds = 10 // of an acknowledgement deadline that a subscription leaves out
)

// lean is a queue for load: pulls are answered as soon as there is a message, in the order in which they were asked,
// and what was acknowledged is forgotten. Google's fake looks again after half a second, walks over every message that
// is under way a hundred times a second, and keeps all that was ever published; Pub/Sub does none of it on the machine
// that is measured. Only what a reader and a publisher need is served: no ordering, no filters, no streams.
type lean struct {
	pb.UnimplementedPublisherServer
	pb.UnimplementedSubscriberServer

	mu     sync.Mutex
	topics map[string][]*line
	lines  map[string]*line
	nextID int
}

// line is one subscription.
type line struct {
	seconds int32
	ready   []*pb.ReceivedMessage
	out     map[string]*lease
	waiting []chan struct{} // pulls without an answer, the longest first
}

type lease struct {
	message *pb.ReceivedMessage
	ends    time.Time
}

// serveLean listens on 127.0.0.1 and returns the address.
func serveLean(port int) (string, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	queue := &lean{topics: map[string][]*line{}, lines: map[string]*line{}}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(requestBytes), grpc.MaxSendMsgSize(requestBytes))
	pb.RegisterPublisherServer(server, queue)
	pb.RegisterSubscriberServer(server, queue)
	go server.Serve(listener)
	go queue.sweep()
	return listener.Addr().String(), nil
}

func (q *lean) CreateTopic(_ context.Context, topic *pb.Topic) (*pb.Topic, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.topics[topic.Name] = nil
	return topic, nil
}

func (q *lean) CreateSubscription(_ context.Context, made *pb.Subscription) (*pb.Subscription, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.topics[made.Topic]; !known {
		return nil, status.Errorf(codes.NotFound, "no topic %s", made.Topic)
	}
	if made.AckDeadlineSeconds == 0 {
		made.AckDeadlineSeconds = defaultSeconds
	}
	l := &line{seconds: made.AckDeadlineSeconds, out: map[string]*lease{}}
	q.lines[made.Name] = l
	q.topics[made.Topic] = append(q.topics[made.Topic], l)
	return made, nil
}

func (q *lean) DeleteSubscription(_ context.Context, gone *pb.DeleteSubscriptionRequest) (*emptypb.Empty, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for topic, lines := range q.topics {
		q.topics[topic] = slices.DeleteFunc(lines, func(l *line) bool { return l == q.lines[gone.Subscription] })
	}
	delete(q.lines, gone.Subscription)
	return &emptypb.Empty{}, nil
}

func (q *lean) DeleteTopic(_ context.Context, gone *pb.DeleteTopicRequest) (*emptypb.Empty, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.topics, gone.Topic)
	return &emptypb.Empty{}, nil
}

func (q *lean) Publish(_ context.Context, request *pb.PublishRequest) (*pb.PublishResponse, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines, known := q.topics[request.Topic]
	if !known {
		return nil, status.Errorf(codes.NotFound, "no topic %s", request.Topic)
	}
	ids, now := make([]string, 0, len(request.Messages)), timestamppb.Now()
	for _, message := range request.Messages {
		q.nextID++
		message.MessageId = fmt.Sprintf("m%d", q.nextID)
		message.PublishTime = now
		ids = append(ids, message.MessageId)
		for _, l := range lines {
			l.ready = append(l.ready, &pb.ReceivedMessage{AckId: message.MessageId, Message: message})
		}
	}
	for _, l := range lines {
		l.wake()
	}
	return &pb.PublishResponse{MessageIds: ids}, nil
}

func (q *lean) Pull(ctx context.Context, request *pb.PullRequest) (*pb.PullResponse, error) {
	most := int(request.MaxMessages)
	if most <= 0 || most > pullMax {
		most = pullMax
	}
	until := time.After(pullWait)
	for {
		q.mu.Lock()
		l, known := q.lines[request.Subscription]
		if !known {
			q.mu.Unlock()
			return nil, status.Errorf(codes.NotFound, "no subscription %s", request.Subscription)
		}
		if len(l.ready) > 0 {
			taken := l.take(most)
			q.mu.Unlock()
			return &pb.PullResponse{ReceivedMessages: taken}, nil
		}
		called := make(chan struct{})
		l.waiting = append(l.waiting, called)
		q.mu.Unlock()
		select {
		case <-called:
		case <-until:
			q.giveUp(l, called)
			return &pb.PullResponse{}, nil
		case <-ctx.Done():
			q.giveUp(l, called)
			return nil, ctx.Err()
		}
	}
}

func (q *lean) Acknowledge(_ context.Context, request *pb.AcknowledgeRequest) (*emptypb.Empty, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l, known := q.lines[request.Subscription]; known {
		for _, id := range request.AckIds {
			delete(l.out, id)
		}
	}
	return &emptypb.Empty{}, nil
}

func (q *lean) ModifyAckDeadline(_ context.Context, request *pb.ModifyAckDeadlineRequest) (*emptypb.Empty, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l, known := q.lines[request.Subscription]
	if !known {
		return &emptypb.Empty{}, nil
	}
	ends := time.Now().Add(time.Duration(request.AckDeadlineSeconds) * time.Second)
	for _, id := range request.AckIds {
		if held, out := l.out[id]; out {
			held.ends = ends
			if request.AckDeadlineSeconds == 0 {
				l.giveBack(id)
			}
		}
	}
	l.wake()
	return &emptypb.Empty{}, nil
}

// giveUp takes a pull that was not answered out of those that wait; if it was called at the same moment, the next is.
func (q *lean) giveUp(l *line, called chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at := slices.Index(l.waiting, called); at >= 0 {
		l.waiting = slices.Delete(l.waiting, at, at+1)
		return
	}
	l.wake()
}

// sweep gives back what nobody acknowledged in time.
func (q *lean) sweep() {
	for now := range time.Tick(sweepEvery) {
		q.mu.Lock()
		for _, l := range q.lines {
			for id, held := range l.out {
				if held.ends.Before(now) {
					l.giveBack(id)
				}
			}
			l.wake()
		}
		q.mu.Unlock()
	}
}

func (l *line) take(most int) []*pb.ReceivedMessage {
	most = min(most, len(l.ready))
	taken, ends := l.ready[:most:most], time.Now().Add(time.Duration(l.seconds)*time.Second)
	l.ready = l.ready[most:]
	for _, message := range taken {
		l.out[message.AckId] = &lease{message, ends}
	}
	l.wake()
	return taken
}

func (l *line) giveBack(id string) {
	l.ready = append(l.ready, l.out[id].message)
	delete(l.out, id)
}

// wake calls the pull that has waited longest, if there is something for it.
func (l *line) wake() {
	if len(l.ready) > 0 && len(l.waiting) > 0 {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
	}
}
